/** @import { Moment, Scene } from "./protocol.js" */
import { $, cell, el, fill, row } from "trapline/dom";

/** @param {Moment} m what of a vCPU works by itself: its store buffer, and its fetch of code */
const beside = m => (m.raisable ?? []).filter(a => a.unit).map(a => row("", cell("", a.name), cell("value stored", a.holds?.[0] ?? ""),
  cell("", (a.holds ?? []).slice(1).join(", ")), cell("dim", a.able ? "" : "empty"), cell("", "")));

/** @param {Moment} m @param {Scene} scene everything beside the stage */
export function panels(m, scene) {
  fill($("regs"), m.regs.map(r => row("", cell("dim", r.name), cell(r.changed ? "value stored" : "value", r.value), cell("place", r.means || (r.changed ? "was " + r.old : "")))));
  fill($("probes"), m.probes.map(p => row("", cell("", p.name), cell(p.state === "armed" ? "" : "alarm", p.state), cell("", "hits " + p.hits), cell(p.missed ? "alarm" : "dim", "missed " + p.missed), cell("place", p.at))));
  calls(m);
  locks(m);
  fill($("cpus"), [...m.cpus.map(c => row(c.id === m.cpu ? "here" : "", cell("", "cpu" + c.id), cell("place", c.at), cell("", c.text), cell(quiet(c.state) || c.thread ? "dim" : "alarm", c.state), cell("work", phase(scene, c.phase)))), ...beside(m)]);
  memory(m);
  fill($("gates"), (m.gates ?? []).map(g => row(g.used ? "here" : "", cell("", `${g.vector} ${g.name}`), cell("", g.type), cell("", "DPL " + g.dpl), cell("place", "→ " + g.to))));
  fill($("log"), [(m.log ?? []).join("\n") || "nothing printed yet"]);
  fill($("trace"), [(m.trace ?? []).join("\n") || "no event has fired yet"]);
  source(m);
  program(m, scene);
  $("panel-gates").hidden = !m.gates?.length;
  $("panel-trace").hidden = !scene.events;
  $("panel-source").hidden = !m.source;
  $("panel-program").hidden = !m.processes;
}

/** @param {string} state */
const quiet = state => state === "runs" || state === "idle";

/** @param {Scene} scene @param {number} p */
const phase = (scene, p) => (p && scene.states?.find(s => s.Phase === p)?.Name) || "";

/** @param {Moment} m the call chain, the innermost level first */
function calls(m) {
  const chain = m.chain ?? [];
  const list = chain.map((x, i) => row("", cell(x.maybe ? "dim" : "alarm", i ? (x.maybe ? "?" : "") : "▸"), cell(x.maybe ? "dim" : "place", x.at),
    cell(x.trap ? "trap" : "work", x.trap ? x.trap.split(" ")[0] + " interrupted it" : x.return ? "a return probe's, for the caller" : "")));
  if (chain.some(x => x.maybe)) list.push(row("", cell("dim", "?"), cell("dim", "may be left over"), cell("dim", "")));
  fill($("calls"), list.length ? list : [row("", cell("dim", "no thread is on this vCPU"))]);
}

/** @param {Moment} m */
function locks(m) {
  const none = m.processes ? "no slot is taken" : "none on this engine's hit path";
  const list = (m.locks ?? []).map(l => row("", cell("", l.name), cell(l.changed ? "stored" : l.owner === "free" ? "dim" : "work", l.owner === "free" ? "free" : "held by " + l.owner), cell("alarm", (l.waiting ?? []).map(c => c + " waits").join(" "))));
  fill($("locks"), list.length ? list : [row("", cell("dim", none))]);
}

/** @param {Moment} m */
function memory(m) {
  fill($("memory"), (m.memory ?? []).flatMap(r => {
    const bytes = el("td", "bytes");
    [...atob(r.bytes)].forEach((b, i) => bytes.append(el("span", r.changed[i] ? "stored" : b === "\xcc" ? "alarm" : "", b.charCodeAt(0).toString(16).padStart(2, "0")), " "));
    const title = el("th", "place", r.title ?? "");
    title.colSpan = 2;
    return [r.title ? el("tr", "", title) : null, row("", cell("dim", r.addr), bytes)];
  }));
}

/** @param {Moment} m */
function source(m) {
  const s = m.source;
  if (!s) return;
  $("source-where").textContent = s.file ? `${s.file}, ${s.func}` : `not in the kernel's C: ${s.at}`;
  const lines = s.lines ?? [], here = Math.max(lines.findIndex(l => l.here), 0);
  fill($("source"), lines.slice(Math.max(0, here - 9), here + 10).map(l => row(l.here ? "here" : "", cell("dim", String(l.line)), cell("text", l.text),
    el("td", "", ...(l.cpus ?? []).map(n => el("span", "chip", "cpu" + n))))));
}

/** @param {Moment} m @param {Scene} scene */
function program(m, scene) {
  const processes = m.processes;
  if (!processes) return;
  const wide = (/** @type {string} */ t) => {
    const h = el("th", "", t);
    h.colSpan = 3;
    return el("tr", "", h);
  };
  fill($("processes"), processes.flatMap(x => [wide(`${x.pid} ${x.name}${x.zombie ? " (zombie)" : ""}`), ...(x.threads ?? []).map(t => row("",
    cell(t.cpu < 0 ? "dim" : "", t.tid + (t.cpu < 0 ? "" : " cpu" + t.cpu)), cell(t.state.startsWith("waits") ? "alarm" : "dim", `${t.state}, at ${t.at}`),
    cell("work", phase(scene, t.phase) + (t.probe ? " of " + t.probe : "") + (t.copy ? " in " + t.copy : "") + (t.returns ? ", awaits " + t.returns : ""))))]));
  fill($("vectors"), (m.vectors ?? []).map(v => row(v.used ? "here" : "", cell("", `${v.vector} ${v.name}`), cell("place", "→ " + v.to))));
  fill($("maps"), processes.flatMap(x => (x.maps ?? []).map(v => row(v.here ? "here" : "", cell("dim", `${x.pid} ${v.range}`), cell("dim", v.prot), cell("place", v.name)))));
  fill($("output"), [m.output || "nothing written yet"]);
}
