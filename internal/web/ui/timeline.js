/** @import { Mark, Moment, Scene } from "./protocol.js" */
import { $, el, fill, input, svg } from "trapline/dom";

const W = 1000, left = 50, right = 20, pitch = 26; // in the drawing's units
const cellWidth = 9;

/** @type {{marks: Mark[], end: number}} */
const drawn = { marks: [], end: -1 };

/** @param {number} n @param {number} end */
const xOf = (n, end) => left + (n * (W - left - right)) / Math.max(end, 1);

/**
 * The run as marks over time, a line for each vCPU; the range below it moves.
 * @param {Moment} m @param {Mark[] | undefined} marks undefined: as before @param {Scene} scene
 * @param {number} [unmarked] the step from which on there are no marks
 */
export function timeline(m, marks, scene, unmarked) {
  if (marks || m.end !== drawn.end) {
    drawn.marks = marks ?? drawn.marks;
    drawn.end = m.end;
    draw(m.end, scene);
  }
  const x = xOf(m.at, m.end), line = document.getElementById("now");
  line?.setAttribute("x1", String(x));
  line?.setAttribute("x2", String(x));
  const range = input("scrub");
  range.max = String(m.end);
  range.value = String(m.at);
  range.setAttribute("aria-valuetext", `step ${m.at} of ${m.end}`);
  $("where").textContent = `step ${m.at} of ${m.end}${m.branch ? `, branch ${m.branch}` : ""}${unmarked ? `, not all marks from step ${unmarked} on` : ""}`;
}

/** @param {number} end @param {Scene} scene */
function draw(end, scene) {
  const h = pitch * scene.cpus + 4;
  /** @type {Node[]} */
  const kids = [];
  for (let c = 0; c < scene.cpus; c++) {
    const y = 13 + pitch * c, name = svg("text", { x: 2, y: y + 5 });
    name.textContent = "cpu" + c;
    kids.push(name, svg("line", { x1: left, x2: W - right, y1: y, y2: y, class: "rail" }));
  }
  /** @type {Map<string, number>} */
  const cells = new Map();
  for (const k of drawn.marks) {
    const key = `${k.cpu}:${Math.round(xOf(k.at, end) / cellWidth) * cellWidth}`;
    cells.set(key, (cells.get(key) ?? 0) | k.kind);
  }
  for (const [key, kind] of cells) {
    const [c, x] = key.split(":").map(Number), g = scene.glyphs.find(g => kind & g.kind);
    if (!g) continue;
    const t = svg("text", { x, y: 18 + pitch * c, "text-anchor": "middle", class: g.class });
    t.textContent = g.glyph;
    kids.push(t);
  }
  kids.push(svg("line", { id: "now", y1: 0, y2: h, x1: 0, x2: 0 }));
  const picture = svg("svg", { viewBox: `0 0 ${W} ${h}`, "aria-hidden": "true" }, ...kids);
  fill($("timeline"), [picture]);
  const there = drawn.marks.reduce((all, k) => all | k.kind, 0);
  fill($("legend"), scene.glyphs.filter(g => there & g.kind).map(g => el("span", "", el("span", g.class, g.glyph), " " + g.name)));
}

/** @param {(at: number) => void} go has the timeline move to the moment that is pressed */
export function scrubbing(go) {
  const host = $("timeline"), range = input("scrub");
  /** @param {PointerEvent} e */
  const to = e => {
    const r = host.getBoundingClientRect(), x = ((e.clientX - r.left) / r.width) * W;
    go(Math.round(Math.min(Math.max(((x - left) * drawn.end) / (W - left - right), 0), drawn.end)));
  };
  host.addEventListener("pointerdown", e => {
    host.setPointerCapture(e.pointerId);
    to(e);
    host.onpointermove = to;
  });
  host.addEventListener("pointerup", () => { host.onpointermove = null; });
  range.addEventListener("input", () => go(Number(range.value)));
}
