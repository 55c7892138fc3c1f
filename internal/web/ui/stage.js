/** @import { CodeLine, Moment, Store, Word } from "./protocol.js" */
import { cell, el, fill, row } from "trapline/dom";

/**
 * The code in memory around the next instruction: a breakpoint's byte stands out.
 * @param {HTMLElement} table @param {Moment} m @param {number} most lines @param {string[]} breaks addresses @param {((place: string) => void)} [pick]
 */
export function code(table, m, most, breaks, pick) {
  const list = window_(m.code, most);
  fill(table, list.flatMap(c => codeLine(c, m, breaks)));
  table.onclick = e => {
    const place = /** @type {HTMLElement} */ (e.target).closest("tr")?.dataset.place;
    if (pick && place) pick(place);
  };
}

/** @param {CodeLine[]} list @param {number} most @returns {CodeLine[]} those around the present one */
function window_(list, most) {
  const here = Math.max(list.findIndex(c => c.here), 0);
  const from = Math.max(0, Math.min(here - Math.floor(most / 3), list.length - most));
  return list.slice(from, from + most);
}

/** @param {CodeLine} c @param {Moment} m @param {string[]} breaks */
function codeLine(c, m, breaks) {
  const out = [];
  if (c.label) {
    const label = el("th", "place", c.label + ":", c.copy ? el("span", "work", " copy of " + c.copy) : "");
    label.colSpan = 4;
    label.scope = "rowgroup";
    out.push(el("tr", "", label));
  }
  const first = c.patched ? [el("span", "byte armed", c.bytes.slice(0, 2)), c.bytes.slice(2)] : [c.bytes];
  const others = (c.cpus ?? []).filter(n => n !== m.cpu).map(n => el("span", "chip", "cpu" + n));
  const flag = c.probe ? el("span", c.patched ? "alarm" : "dim", (c.patched ? " ⚑ " : " ⚐ ") + c.probe) : "";
  const mark = breaks.includes(c.addr.toString(16)) ? "◉" : c.here ? "▶" : "";
  const r = row(c.here ? "here" : "", cell("mark", mark), cell("dim at", offset(c.at)), el("td", "bytes", ...first),
    el("td", c.micro ? "work" : "text", c.micro ? "* " + c.micro : c.text, flag, ...others, c.file_line ? el("span", "dim source", " " + c.file_line) : ""));
  if (c.here) r.setAttribute("aria-current", "step");
  r.dataset.place = c.at;
  r.dataset.key = String(c.addr);
  out.push(r);
  if (c.patched) out.push(row("was", cell(""), cell("at", "was"), cell("bytes", c.original), cell("text", c.orig_text)));
  return out;
}

/** @param {string} at */
function offset(at) {
  const plus = at.indexOf("+");
  return plus >= 0 ? at.slice(plus) : at.startsWith("0x") ? at : "+0x0";
}

/**
 * The stack as memory has it: high addresses above, and it grows downwards.
 * @param {HTMLElement} table @param {Moment} m @param {number} most words
 */
export function stack(table, m, most) {
  const words = m.stack.slice(0, most).reverse();
  let trap = "", signal = false;
  const out = [];
  for (const w of words) {
    if (w.trap && w.trap !== trap) out.push(heading("struct pt_regs of " + w.trap.split(" ")[0]));
    if (w.signal && !signal) out.push(heading("struct rt_sigframe"));
    trap = w.trap ?? "";
    signal = w.signal ?? false;
    out.push(word(w));
  }
  fill(table, out.length ? out : [row("", cell("dim", "no stack to show"))]);
}

/** @param {string} title */
function heading(title) {
  const h = el("th", "trap", title);
  h.colSpan = 4;
  h.scope = "rowgroup";
  return el("tr", "frame-top", h);
}

/** @param {Word} w */
function word(w) {
  const cls = (w.field || w.signal ? "frame" : "") + (w.top ? " top" : "") + (w.changed ? " stored" : "");
  const r = row(cls, cell("mark", w.top ? "sp▸" : ""), cell("dim addr", w.addr), cell("value", w.value), el("td", "", w.field ? el("span", "work", w.field + " ") : "", el("span", "place", w.means ?? "")));
  r.dataset.key = w.addr;
  return r;
}

/**
 * What the step did to the machine: the way through the gate, then each store in its order.
 * @param {HTMLElement} box @param {Moment} m
 */
export function effects(box, m) {
  /** @type {Node[]} */
  const kids = [];
  const d = m.step?.delivery;
  if (d) {
    const gate = m.gates?.find(g => g.used);
    kids.push(el("ol", "way", el("li", "", el("b", "", `vector ${d.vector}`), " " + d.name),
      d.gate ? el("li", "", el("b", "", d.gate.type + " gate"), ` of the IDT, DPL ${d.gate.dpl}`, gate ? el("code", "", gate.raw) : "") : null,
      el("li", "", el("b", "", `ring ${d.from} → ${d.to}`), d.stack_switched ? ", another stack" : ", the same stack"),
      d.gate ? el("li", "", "→ ", el("b", "place", d.gate.to)) : null));
  }
  const stores = m.step?.writes ?? [];
  if (stores.length) kids.push(el("ol", "stores", ...stores.map((s, i) => store(s, i))));
  if (!kids.length) kids.push(el("p", "dim", m.step ? "no store to memory in this step" : "nothing has run yet"));
  fill(box, kids);
}

/** @param {Store} s @param {number} i */
function store(s, i) {
  const li = el("li", s.code ? "alarm" : "", el("span", "place", s.at), " ", el("span", "old", hex(s.old, s.size)), " → ", el("b", "value", hex(s.new, s.size)),
    s.name ? el("span", "place", " " + s.name) : "", s.code ? el("span", "", s.code === "armed" ? " breakpoint in" : " breakpoint out") : "");
  li.style.setProperty("--i", String(i));
  return li;
}

/** @param {string} v @param {number} size bytes */
const hex = (v, size) => v.replace(/^0x/, "").padStart(2 * size, "0");

/**
 * The registers that every lesson looks at, and the flags.
 * @param {HTMLElement} box @param {Moment} m
 */
export function vital(box, m) {
  const names = m.bits === 64 ? ["rip", "rsp"] : ["eip", "esp"];
  const cpu = m.cpus[m.cpu];
  const kids = m.regs.filter(r => names.includes(r.name)).map(r => el("p", "vital", el("span", "dim", r.name + " "), el("b", r.changed ? "stored" : "", r.value), el("span", "place", " " + (r.means ?? ""))));
  const flags = m.flags.map(f => el("span", "flag" + (f.set ? " set" : "") + (f.changed ? " stored" : ""), f.name, el("span", "hidden", f.set ? " on" : " off")));
  fill(box, [...kids, el("p", "flags", ...flags), cpu && el("p", "dim", `cpu${m.cpu}${cpu.ring >= 0 ? `, ring ${cpu.ring}` : ""}, ${cpu.state}`)]);
}
