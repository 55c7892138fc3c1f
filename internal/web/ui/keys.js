/** @import { Request, Scene, View } from "./protocol.js" */
import { $, fill, el, input } from "trapline/dom";

/**
 * @typedef {{move: (q: Request) => unknown, play: () => void, present: () => void, stop: () => void, scene: () => Scene, view: () => View, live: boolean, explain: () => void, choose: (id: string) => void, help: () => void}} Doing
 * @typedef {{keys: string, help: string, live?: boolean, run: (d: Doing, key: string) => unknown}} Command
 */

/** @type {[string, string][]} marks by key; the capital letter goes back */
const marks = [["i", "hit"], ["t", "trap"], ["c", "lock"], ["z", "event"], ["a", "patched"], ["s", "missed"], ["v", "violation"]];

/** @type {Command[]} as in the terminal, as far as the page has them */
const commands = [
  { keys: "→ l", help: "to the next step of the story", run: d => d.move({ do: "step" }) },
  { keys: "← h", help: "back by one step", run: d => d.move({ do: "step", back: true }) },
  { keys: ".", help: "one step of the machine", run: d => d.move({ do: "one" }) },
  { keys: ",", help: "back by one step of the machine", run: d => d.move({ do: "one", back: true }) },
  { keys: "o", help: "over a trap", run: d => d.move({ do: "over" }) },
  { keys: "O", help: "back over a trap", run: d => d.move({ do: "over", back: true }) },
  { keys: ">", help: "to the next line of the kernel's C", live: true, run: d => { if (d.scene().source) d.move({ do: "line" }); } },
  { keys: "<", help: "to the line before", live: true, run: d => { if (d.scene().source) d.move({ do: "line", back: true }); } },
  { keys: "Home", help: "to the start", run: d => d.move({ do: "goto", at: 0 }) },
  { keys: "End", help: "to the end", run: d => d.move({ do: "end" }) },
  { keys: "p", help: "play and pause", run: d => d.play() },
  { keys: "P", help: "large, for a room", run: d => d.present() },
  ...marks.map(([k, kind]) => ({ keys: `${k} ${k.toUpperCase()}`, help: `to the next, the previous ${kind === "patched" ? "arming or disarming" : kind}`,
    /** @type {Command["run"]} */ run: (d, key) => d.move({ do: "mark", kind, back: key !== k }) })),
  { keys: "1 2 3 4 5 6 7 8 9", help: "who takes the next step", live: true, run: (d, key) => { if (d.scene().actors.length > 1) d.move({ do: "take", actor: Number(key) - 1 }); } },
  { keys: "u", help: "look at another vCPU", live: true, run: d => d.move({ do: "look", cpu: (d.view().moment.cpu + 1) % d.scene().cpus }) },
  { keys: "L", help: "the vCPU that is shown goes on alone", live: true, run: d => d.move({ do: "own", cpu: d.view().moment.cpu }) },
  { keys: "H", help: "hold the vCPU that is shown, or let it go", live: true, run: d => d.move({ do: "hold", cpu: d.view().moment.cpu }) },
  { keys: "r", help: "return from a branch", live: true, run: d => { if (d.view().can.return) d.move({ do: "return" }); } },
  { keys: "x", help: "breakpoint at the place that is chosen", live: true, run: d => d.move({ do: "break", text: input("place").value }) },
  { keys: "X", help: "choose a place; Enter sets a breakpoint there", live: true, run: d => d.choose("place") },
  { keys: "f F", help: "run on, back to the next break- or watchpoint", live: true, run: (d, key) => { if (d.view().can.run) d.move({ do: "run", back: key === "F" }); } },
  { keys: "K", help: "what the rows say that the step cites", live: true, run: d => d.explain() },
  { keys: "$", help: "change the machine or ask it: %eax 5, rmmod NAME, cat FILE", live: true, run: d => d.choose("directive") },
  { keys: "/", help: "search the steps for words", run: () => input("find").focus() },
  { keys: "y", help: "to the question", live: true, run: () => input("answer").focus() },
  { keys: "Escape", help: "stop playing, or what the machine does", run: d => d.stop() },
  { keys: "?", help: "these keys", run: d => d.help() },
];

/** @type {Record<string, string>} */
const names = { "→": "ArrowRight", "←": "ArrowLeft" };

/** @param {Doing} d */
export function keys(d) {
  /** @type {Map<string, Command>} */
  const table = new Map();
  const there = commands.filter(c => d.live || !c.live);
  for (const c of there) for (const k of c.keys.split(" ")) table.set(names[k] ?? k, c);
  fill($("key-list"), there.flatMap(c => [el("dt", "", c.keys), el("dd", "", c.help)]));
  addEventListener("keydown", e => {
    const at = /** @type {HTMLElement} */ (e.target);
    if (e.ctrlKey || e.altKey || e.metaKey || at.closest("input, select, textarea, dialog")) return;
    if (!d.view()) return;
    const c = table.get(e.key);
    if (!c) return;
    e.preventDefault();
    c.run(d, e.key);
  });
}
