/** @import { Catalog, Question, Scene } from "./protocol.js" */
import { $, dialog, el, fill, input } from "trapline/dom";

/**
 * A text in paragraphs, whose lines are joined; lists keep theirs.
 * @param {string} text @returns {HTMLElement[]}
 */
export function paragraphs(text) {
  return text.trim().split(/\n\s*\n/).flatMap(para => {
    /** @type {string[]} */
    const lines = [];
    for (const l of para.split("\n")) {
      if (lines.length === 0 || /^[\d\-\s]/.test(l)) lines.push(l.trim());
      else lines[lines.length - 1] += " " + l.trim();
    }
    return lines.map(l => el("p", "", l));
  });
}

/** @param {Scene} scene */
export function lesson(scene) {
  $("title").textContent = scene.title;
  document.title = `${scene.title} · Trapline`;
  fill($("text"), paragraphs(scene.text));
}

/**
 * The question that is asked, with what there is to say of the answer before.
 * @param {Question | undefined} q
 */
export function question(q) {
  $("quiz").hidden = !q?.count;
  if (!q?.count) return;
  $("question-title").textContent = q.over ? "That was all" : q.title;
  $("question").textContent = q.over ? `${q.right} of ${q.count} right at the first go.` : q.text;
  $("form").textContent = q.form ?? "";
  $("hint").textContent = q.hint ? "Look: " + q.hint : "";
  const verdict = $("verdict");
  verdict.textContent = q.verdict ?? "";
  verdict.className = q.verdict?.startsWith("✓") ? "right" : "";
  input("answer").value = "";
  $("answering").hidden = Boolean(q.over);
  $("give-run").hidden = !q.run || Boolean(q.over);
  $("ask-again").hidden = !q.over;
}

/**
 * The lists to open from.
 * @param {Catalog} c @param {(q: {lesson?: string, scenario?: string}) => void} open
 */
export function catalog(c, open) {
  /** @type {Map<string, HTMLElement[]>} */
  const parts = new Map();
  c.lessons.forEach((l, i) => {
    const list = parts.get(l.part) ?? [];
    parts.set(l.part, list);
    list.push(entry(`${i + 1}. ${l.title}`, `${l.minutes} minutes`, () => open({ lesson: l.name })));
  });
  fill($("lessons"), [...parts].flatMap(([part, list]) => [el("h3", "", part), el("ul", "", ...list)]));
  const groups = [...new Set(c.scenarios.map(s => s.group))];
  fill($("scenarios"), groups.flatMap(g => [el("h3", "", g), el("ul", "", ...c.scenarios.filter(s => s.group === g).map(s => entry(s.name, s.title, () => open({ scenario: s.name }))))]));
  $("version").textContent = c.version;
}

/** @param {string} name @param {string} about @param {() => void} open */
function entry(name, about, open) {
  const b = el("button", "entry", el("b", "", name), " ", el("span", "dim", about));
  b.type = "button";
  b.onclick = () => {
    dialog("catalog").close();
    open();
  };
  return el("li", "", b);
}
