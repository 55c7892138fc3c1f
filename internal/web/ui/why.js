/** @import { Moment, View } from "./protocol.js" */
import { el, fill } from "trapline/dom";

/** @type {Record<string, string>} */
const noteClass = { ">": "", "-": "", "●": "code", "✦": "code" };

/**
 * What the last step was, and why.
 * @param {HTMLElement} box @param {Moment} m @param {{message?: string, explain?: (row: string) => void}} o
 */
export function why(box, m, o) {
  const kind = m.step?.delivery ? "trap" : m.step?.micro ? "work" : "";
  /** @type {Node[]} */
  const kids = [];
  if (o.message) kids.push(el("p", "message", o.message));
  kids.push(el("p", "head " + kind, m.step ? m.head : "Nothing has run yet: → steps, ← goes back."));
  for (const r of m.why ?? []) kids.push(el("p", "", r.row ? rowButton(r.row, o.explain) : "", r.text));
  for (const n of m.notes ?? []) kids.push(el("p", noteClass[n[0]] ?? "alarm", n));
  for (const v of m.violated ?? []) if (v.step === m.at) kids.push(el("p", "alarm", `✗ violated ${v.property}: ${v.text}`));
  if (m.over) kids.push(el("p", "dim", "the end: " + m.over));
  fill(box, kids);
  box.dataset.kind = kind;
}

/** @param {string} id @param {((row: string) => void) | undefined} explain */
function rowButton(id, explain) {
  if (!explain) return el("span", "row", id);
  const b = el("button", "row", id);
  b.type = "button";
  b.title = `what row ${id} says`;
  b.onclick = () => explain(id);
  return b;
}

/**
 * The same in a few words, for a live region.
 * @param {View} v
 */
export function spoken(v) {
  const m = v.moment;
  const parts = [v.message, `step ${m.at}${m.step ? `, cpu${m.step.cpu}` : ""}: ${m.step ? m.head : "the start"}`, ...(m.why ?? []).map(r => r.text)];
  for (const x of m.violated ?? []) if (x.step === m.at) parts.push(`violated: ${x.property}`);
  if (m.over) parts.push("the end: " + m.over);
  return parts.filter(Boolean).join(". ");
}
