/** @import { Moment, Scene, State } from "./protocol.js" */
import { el, fill, screen, svg } from "trapline/dom";

const box = { w: 150, h: 64, gap: 44 }; // in the drawing's units
const narrow = 640; // pixels of the window below which the states stand one below the other

/** @param {Moment} m who is where in a hit: vCPUs, or of a program its threads */
export const inHits = m => m.in_hits ?? [];

/**
 * The state machine of a hit, with its true edges and everybody who is in it.
 * @param {HTMLElement} host @param {Moment} m @param {Scene} scene
 */
export function diagram(host, m, scene) {
  const states = scene.states ?? [];
  if (states.length === 0) {
    host.textContent = `Engine ${scene.engine}: no probes, the stock trap handlers.`;
    return;
  }
  const all = inHits(m), away = all.every(x => x.phase === 0);
  /** @param {State} s */
  const who = s => all.filter(x => (x.phase === s.Phase || x.outer === s.Phase) && (s.Phase !== 0 || away));
  const upright = screen.width < narrow;
  const main = states.filter(s => !s.Side), side = states.filter(s => s.Side);
  /** @type {Map<number, {x: number, y: number}>} */
  const at = new Map();
  const pitch = upright ? box.h + 26 : box.w + box.gap;
  main.forEach((s, i) => at.set(s.Phase, upright ? { x: 4, y: 4 + i * pitch } : { x: 4 + i * pitch, y: 44 }));
  const spread = (main.length * pitch) / side.length; // of the states beside the usual way
  side.forEach((s, i) => {
    const along = 4 + (i + 0.5) * spread - (upright ? box.h : box.w) / 2;
    at.set(s.Phase, upright ? { x: 4 + box.w + 90, y: along } : { x: along, y: 172 });
  });
  const width = upright ? 2 * box.w + 104 : 8 + main.length * pitch - box.gap;
  const height = upright ? 8 + main.length * pitch : side.length ? 244 : 150;
  /** @type {Node[]} */
  const kids = [marker(), ...edges(scene, at, upright)];
  for (const s of states) kids.push(drawn(s, who(s), /** @type {{x: number, y: number}} */ (at.get(s.Phase)), all.length > 1));
  const lit = states.filter(s => who(s).length).map(s => `${s.Name}${all.length > 1 ? " " + who(s).map(x => x.name).join(", ") : ""}: ${s.Does}`);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "A hit, now in " + lit.join("; ") }, ...kids);
  fill(host, [picture]);
}

/**
 * The state of the vCPU that is shown, for letters that a room can read.
 * @param {HTMLElement} host @param {Moment} m @param {Scene} scene
 */
export function large(host, m, scene) {
  const phase = inHits(m).find(x => x.cpu === m.cpu)?.phase;
  const s = (scene.states ?? []).find(s => s.Phase === phase);
  host.textContent = s ? s.Name : "";
  host.classList.toggle("alarm", Boolean(m.violated?.length));
}

/**
 * The instances of return probes, those that are out with where their calls return to.
 * @param {HTMLElement} host @param {Moment} m
 */
export function awaited(host, m) {
  fill(host, (m.awaited ?? []).map(x => el("span", "instances", el("span", "dim", "returns of "), x.probe + " ", el("span", "work", "▣".repeat(x.to?.length ?? 0)),
    el("span", "dim", "□".repeat(Math.min(Math.max(x.most - (x.to?.length ?? 0), 0), 16))), el("span", "place", (x.to ?? []).map(t => " to " + t).join("")))));
}

/** The arrow's head. */
function marker() {
  return svg("defs", {}, svg("marker", { id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto-start-reverse" },
    svg("path", { d: "M0,0 L8,4 L0,8 z", class: "edge-head" })));
}

/** @param {State} s @param {{name: string}[]} who @param {{x: number, y: number}} p @param {boolean} several */
function drawn(s, who, p, several) {
  const g = svg("g", { class: "state" + (who.length ? " lit" : "") + (s.Side ? " side" : ""), transform: `translate(${p.x},${p.y})` },
    svg("rect", { width: box.w, height: box.h, rx: 10 }), text(box.w / 2, 26, s.Name, "name"), text(box.w / 2, 46, s.Does, "does"));
  if (several && s.Phase !== 0) {
    who.forEach((x, i) => g.append(svg("rect", { class: "chip", x: 6 + i * 48, y: box.h - 10, width: 44, height: 18, rx: 9 }), text(28 + i * 48, box.h + 3, x.name, "chip-name")));
  }
  return g;
}

/** @param {number} x @param {number} y @param {string} t @param {string} cls */
function text(x, y, t, cls) {
  const e = svg("text", { x, y, class: cls, "text-anchor": "middle" });
  e.textContent = t;
  return e;
}

/**
 * A line for each edge: straight to the next box, else an arc over or below the boxes.
 * @param {Scene} scene @param {Map<number, {x: number, y: number}>} at @param {boolean} upright
 */
function edges(scene, at, upright) {
  const order = (scene.states ?? []).filter(s => !s.Side).map(s => s.Phase);
  return (scene.edges ?? []).flatMap(e => {
    const a = at.get(e.from), b = at.get(e.to);
    if (!a || !b) return [];
    const i = order.indexOf(e.from), j = order.indexOf(e.to);
    return [svg("path", { d: upright ? down(a, b, i, j) : across(a, b, i, j), class: "edge" + (i < 0 || j < 0 ? " side" : ""), "marker-end": "url(#head)" })];
  });
}

/** @typedef {{x: number, y: number}} Point */

/** @param {Point} a @param {Point} b @param {number} i @param {number} j */
function across(a, b, i, j) {
  const { w, h } = box;
  if (i < 0 && j < 0) return a.x < b.x ? `M${a.x + w},${a.y + h / 2} L${b.x},${b.y + h / 2}` : `M${a.x},${a.y + h / 2 + 14} L${b.x + w},${b.y + h / 2 + 14}`;
  if (i < 0 || j < 0) { // to or from a state below
    const down = a.y < b.y, shift = down ? -14 : 14;
    const x1 = a.x + w / 2 + shift, x2 = b.x + w / 2 + (a.x === b.x ? shift : Math.sign(a.x - b.x) * 40 + shift / 2);
    return down ? `M${x1},${a.y + h} C${x1},${a.y + h + 30} ${x2},${b.y - 34} ${x2},${b.y}` : `M${x1},${a.y} C${x1},${a.y - 34} ${x2},${b.y + h + 30} ${x2},${b.y + h}`;
  }
  if (j === i + 1) return `M${a.x + w},${a.y + h / 2} L${b.x},${b.y + h / 2}`;
  if (j === i - 1) return `M${a.x},${a.y + h / 2 + 14} L${b.x + w},${b.y + h / 2 + 14}`;
  const lift = 14 + 6 * Math.abs(i - j), x1 = a.x + w / 2 - 8 * Math.sign(i - j), x2 = b.x + w / 2 + 8 * Math.sign(i - j);
  return `M${x1},${a.y} C${x1},${a.y - lift} ${x2},${b.y - lift} ${x2},${b.y}`;
}

/** @param {Point} a @param {Point} b @param {number} i @param {number} j */
function down(a, b, i, j) {
  const { w, h } = box;
  if (i < 0 && j < 0) return a.y < b.y ? `M${a.x + w / 2},${a.y + h} L${b.x + w / 2},${b.y}` : `M${a.x + w / 2 + 20},${a.y} L${b.x + w / 2 + 20},${b.y + h}`;
  if (i < 0 || j < 0) {
    const right = a.x < b.x;
    return right ? `M${a.x + w},${a.y + h / 2 - 8} C${a.x + w + 40},${a.y + h / 2 - 8} ${b.x - 40},${b.y + h / 2 - 8} ${b.x},${b.y + h / 2 - 8}`
      : `M${a.x},${a.y + h / 2 + 10} C${a.x - 40},${a.y + h / 2 + 10} ${b.x + w + 40},${b.y + h / 2 + 10} ${b.x + w},${b.y + h / 2 + 10}`;
  }
  if (j === i + 1) return `M${a.x + w / 2},${a.y + h} L${b.x + w / 2},${b.y}`;
  if (j === i - 1) return `M${a.x + w / 2 + 20},${a.y} L${b.x + w / 2 + 20},${b.y + h}`;
  const out = 14 + 10 * Math.abs(i - j);
  return `M${a.x + w},${a.y + h / 2} C${a.x + w + out},${a.y + h / 2} ${b.x + w + out},${b.y + h / 2 + 6} ${b.x + w},${b.y + h / 2 + 6}`;
}
