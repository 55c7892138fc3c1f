/** @import { Link, Request, Scene } from "./protocol.js" */

/**
 * What a link opens: scenario or lesson, engine, probes, schedule, step.
 * @param {string} hash of the address, with or without # @returns {Request | null} null: it names nothing
 */
export function opened(hash) {
  const p = new URLSearchParams(hash.replace(/^#/, ""));
  const lesson = p.get("lesson") ?? undefined, scenario = p.get("scenario") ?? undefined;
  if (!lesson && !scenario && !p.has("step")) return null;
  /** @type {Request} */
  const q = { do: "open", lesson, scenario, engine: p.get("engine") ?? undefined, at: Number(p.get("step") ?? 0) || 0 };
  if (p.has("probe")) q.probes = p.getAll("probe");
  if (p.has("schedule")) q.schedule = p.get("schedule") ?? "";
  if (p.has("set")) q.changes = p.getAll("set").map(change);
  return JSON.parse(JSON.stringify(q)); // without what is undefined
}

/** @param {string} text AT:CPU:PLACE EXPR */
function change(text) {
  const [at, cpu, ...rest] = text.split(":");
  return { at: Number(at), cpu: Number(cpu), text: rest.join(":") };
}

/** @param {Scene} scene @param {Link} l @param {boolean} live */
export function fragment(scene, l, live) {
  const p = new URLSearchParams();
  if (live) {
    if (scene.lesson) p.set("lesson", scene.lesson);
    else p.set("scenario", scene.scenario);
    p.set("engine", scene.engine);
    for (const x of scene.probes ?? []) p.append("probe", x);
    if (l.schedule) p.set("schedule", l.schedule);
    for (const c of l.changes ?? []) p.append("set", `${c.at}:${c.cpu}:${c.text}`);
  }
  p.set("step", String(l.at));
  return "#" + p;
}
