import { $, dialog, el, fill } from "trapline/dom";

const key = "trapline results";
/** @typedef {{lesson: string, question: number, task?: boolean, given: string[], right: boolean}} Answered */

/** What is kept where the browser keeps nothing for the page. */
let kept = "";

/** What was answered, as lines of a results file: see Answered in internal/tui/quiz. */
function lines() {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return kept;
  }
}

/** @param {string} text */
function keep(text) {
  kept = text;
  try {
    if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
  } catch {
    // kept has it as long as the page is open
  }
  shown();
}

/** The button says how many there are; without any there is none. */
function shown() {
  const n = lines().split("\n").length - 1;
  $("results").hidden = n === 0;
  $("results").textContent = `Results (${n})`;
}

/** @param {string} text lines that the machine gave */
export function answered(text) {
  keep(lines() + text);
}

/** What was answered, in a list; the file has the same lines. */
function list() {
  const all = lines().split("\n").filter(Boolean).map(l => /** @type {Answered} */ (JSON.parse(l)));
  fill($("result-list"), all.map(a => el("li", "", `${a.lesson}, ${a.task ? "task" : "question"} ${a.question}: `,
    el("b", a.right ? "right" : "", a.right ? (a.given.length === 1 ? "right" : `right at go ${a.given.length}`) : "not found"), el("span", "dim", " " + a.given.join("; ")))));
}

/** Gives the lines to the browser as a file. */
function save() {
  const a = el("a", "");
  a.href = URL.createObjectURL(new Blob([lines()], { type: "application/x-ndjson" }));
  a.download = "answers.jsonl";
  a.click();
  URL.revokeObjectURL(a.href);
}

/** Wires the button and its dialog. */
export function results() {
  $("results").onclick = () => {
    list();
    dialog("saving").showModal();
  };
  $("save-results").onclick = save;
  $("forget-results").onclick = () => {
    keep("");
    dialog("saving").close();
  };
  shown();
}
