/** @import { Answer, Catalog, Machine, Moment, Request, Scene, View } from "./protocol.js" */
import { awaited, diagram, large } from "trapline/diagram";
import { $, dialog, el, fill, input, screen, select } from "trapline/dom";
import { keys } from "trapline/keys";
import { catalog, lesson, paragraphs, question } from "trapline/lesson";
import { fragment, opened } from "trapline/link";
import { liveMachine, recordedMachine } from "trapline/machine";
import { panels } from "trapline/panels";
import { answered, results } from "trapline/results";
import { code, effects, stack, vital } from "trapline/stage";
import { scrubbing, timeline } from "trapline/timeline";
import { spoken, why } from "trapline/why";

const addressAfter = 200; // ms without a move after which the address is changed
const busyAfter = 150; // ms after which a request that still runs is shown
const leftAfter = 1000; // ms after which it is judged how long a move still takes
const ownName = "yours.txtar"; // of a scenario that is no built-in one
/** @type {Request} what the page opens: the scenario that it was made for, or the first lesson */
const own = JSON.parse(document.getElementById("opening")?.textContent || '{"do": "open", "lesson": "01-what-int3-does"}');

const recorded = document.getElementById("data")?.textContent?.trim();
/** @type {Machine} */
const machine = recorded ? await recordedMachine(recorded) : liveMachine();

/** @type {Scene} */
let scene;
/** @type {View} */
let view;
let busy = 0;
let addressing = 0; // the timer of a change of the address
/** @type {Request | null} */
let next = null; // a move that was asked for while another one runs
let chosenCPU = -1;
let presenting = false;

/**
 * Asks the machine, and shows what comes back.
 * @param {Request} q @param {(p: import("./protocol.js").Progress) => void} [progress] @returns {Promise<Answer>}
 */
async function ask(q, progress) {
  busy++;
  const timer = setTimeout(() => document.body.classList.add("busy"), busyAfter);
  progress ??= farness();
  try {
    const a = await machine.ask(q, progress);
    take(a);
    return a;
  } catch (e) {
    $("error").textContent = `The machine does not run: ${e instanceof Error ? e.message : e}`;
    return { id: 0, error: String(e) };
  } finally {
    clearTimeout(timer);
    $("progress").textContent = "";
    if (--busy === 0) document.body.classList.remove("busy");
  }
}

/** Shows how far a move is, and about how long it still takes. @returns {(p: import("./protocol.js").Progress) => void} */
function farness() {
  let from = -1, began = 0;
  return p => {
    const at = p.at ?? 0, of = p.of ?? 0, now = performance.now();
    if (from < 0) [from, began] = [at, now];
    const left = (now - began) * (of - at) / (at - from) / 1000;
    const known = at > from && of > at && now - began > leftAfter;
    $("progress").textContent = `step ${at.toLocaleString("en")}${of > at ? " of " + of.toLocaleString("en") : ""}${known ? `, ${Math.max(1, Math.round(left))} s left` : ""}`;
  };
}

/** A move: of those that come while one runs, only the last is made. @param {Request} q */
async function move(q) {
  if (busy) {
    next = q;
    return;
  }
  await ask(q);
  while (next) {
    const q = next;
    next = null;
    await ask(q);
  }
}

/** Ends when nothing is asked any more and the address is that of what is shown. */
async function idle() {
  while (busy) await new Promise(r => setTimeout(r, 5));
  if (addressing) await address();
}

/** @param {Answer} a */
function take(a) {
  $("error").textContent = a.error ?? "";
  if (a.scene) {
    scene = a.scene;
    opening();
  }
  if (a.question) question(a.question);
  if (a.answered) answered(a.answered);
  if (a.view) {
    view = a.view;
    whole(view.moment);
    if (view.beside) whole(view.beside);
    show();
  }
  if (a.rows) explained(a.rows);
  if (a.shown) shown(a.shown);
}

/** Gives a moment the lists that are empty, which Go writes as null. @param {Moment} m */
function whole(m) {
  m.cpus ??= [];
  m.regs ??= [];
  m.flags ??= [];
  m.code ??= [];
  m.stack ??= [];
  m.probes ??= [];
}

/** What a newly opened scenario changes. */
function opening() {
  lesson(scene);
  chosenCPU = -1;
  const options = scene.engines.map(e => new Option(e, e, false, e === scene.engine));
  select("engine").replaceChildren(...options);
  select("compare").replaceChildren(new Option("compare with…", ""), ...scene.engines.filter(e => e !== scene.engine).map(e => new Option(e, e)));
  $("panel-search").hidden = !machine.live || !scene.search;
  $("search-result").replaceChildren();
  if (!machine.live) question(undefined);
}

function show() {
  const m = view.moment;
  why($("why"), m, { message: view.message, explain: machine.live ? row => void ask({ do: "explain", text: row }) : undefined });
  $("live").textContent = spoken(view);
  diagram($("diagram"), m, scene);
  awaited($("awaited"), m);
  const lines = presenting ? 8 : screen.width < 700 ? 10 : 18;
  code($("code"), m, lines, view.breaks ?? [], place => { input("place").value = place; });
  stack($("stack"), m, lines);
  if (presenting) large($("large"), m, scene);
  effects($("effects"), m);
  vital($("vital"), m);
  $("code-title").textContent = `Code, cpu${m.cpu}`;
  $("stack-title").textContent = `Stack, cpu${m.cpu}, grows downwards`;
  panels(m, scene);
  timeline(m, view.marks, scene, view.unmarked);
  controls(m);
  beside();
  if (!document.body.dataset.at) performance.mark("first view");
  document.body.dataset.at = String(m.at);
  clearTimeout(addressing);
  addressing = setTimeout(() => void address(), addressAfter);
}

/** @param {Moment} m */
function controls(m) {
  const { can } = view;
  for (const id of ["start", "back"]) disable(id, !can.backward);
  for (const id of ["step", "end", "play"]) disable(id, !can.forward);
  for (const b of document.querySelectorAll("[data-mark]")) /** @type {HTMLElement} */ (b).hidden = !can.kinds?.includes(/** @type {HTMLElement} */ (b).dataset.mark ?? "");
  $("return").hidden = !can.return;
  $("who").hidden = !machine.live || scene.actors.length < 2;
  if (machine.live && scene.actors.length > 1) actors(m);
  $("line").hidden = !scene.source;
  if (document.activeElement !== input("place")) input("place").value = m.cpus[m.cpu]?.at ?? "";
}

/** A disabled button loses the focus: the bar keeps it. @param {string} id @param {boolean} off */
function disable(id, off) {
  $(id).setAttribute("aria-disabled", String(off));
}

/** Who goes next: a button for each actor, and for each vCPU one to look at it and one to hold it. @param {Moment} m */
function actors(m) {
  const held = view.held ?? [], focused = document.activeElement?.id;
  fill($("who"), [el("span", "dim", "next:"), ...scene.actors.map((name, i) => {
    const b = button("take-" + i, name, () => move({ do: "take", actor: i }), `${name} takes the next step (${i + 1})`);
    b.setAttribute("aria-disabled", String(!view.able[i] || !view.can.choose));
    if (i === m.turn) b.classList.add("turn");
    return b;
  }), ...m.cpus.flatMap(c => [
    el("span", "dim cpu-name", `cpu${c.id}:`),
    pressed(button("look-" + c.id, "look", () => move({ do: "look", cpu: c.id }), `look at cpu${c.id} (u)`), c.id === m.cpu),
    button("own-" + c.id, "its line", () => move({ do: "own", cpu: c.id }), `cpu${c.id} alone to the next step of its story (L)`),
    pressed(button("hold-" + c.id, "hold", () => move({ do: "hold", cpu: c.id }), `hold cpu${c.id}: moves forwards are the others' (H)`), held.includes(c.id)),
  ])]);
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus(); // which costs a layout
}

/** @param {HTMLElement} b @param {boolean} on */
function pressed(b, on) {
  b.setAttribute("aria-pressed", String(on));
  return b;
}

/** @param {string} id @param {string} name @param {() => void} f @param {string} title */
function button(id, name, f, title) {
  const b = el("button", "", name);
  b.id = id;
  b.type = "button";
  b.title = title;
  b.setAttribute("aria-label", title.replace(/ \(.*\)$/, ""));
  b.onclick = () => { if (b.getAttribute("aria-disabled") !== "true") f(); };
  return b;
}

/** The engine that is compared with, in the same step. */
function beside() {
  const m = view.beside, of = view.beside_of;
  $("beside").hidden = !m;
  document.body.classList.toggle("comparing", Boolean(m));
  if (!m || !of) return;
  $("beside-title").textContent = `Engine ${of.engine}, step ${m.at} of ${m.end}`;
  why($("beside-why"), m, {});
  diagram($("beside-diagram"), m, of);
  code($("beside-code"), m, 12, [], undefined);
  stack($("beside-stack"), m, 12);
}

/** Makes the address a link to what is shown; the browser takes milliseconds for it. */
async function address() {
  clearTimeout(addressing);
  addressing = 0;
  const branch = (view.moment.branch ?? 0) > 0 || Boolean(opened(location.hash)?.schedule);
  const link = machine.live && branch ? (await machine.ask({ do: "link" })).link : undefined;
  history.replaceState(null, "", fragment(scene, link ?? { at: view.moment.at }, machine.live));
}

/** @param {import("./protocol.js").Row[]} rows */
function explained(rows) {
  fill($("rows"), rows.flatMap(r => [el("h3", "", `${r.id}  ${r.title}`), ...paragraphs(r.text), el("p", "dim", "Source: " + r.source), r.today ? el("p", "dim", "Today: " + r.today) : null]));
  if (!dialog("explain").open) dialog("explain").showModal();
}

/** What a directive shows. @param {string} text */
function shown(text) {
  $("shown").textContent = text;
  if (!dialog("showing").open) dialog("showing").showModal();
}

/** Opens what is open with something else about it. @param {Partial<Request>} change */
function reopen(change) {
  const { file, files } = scene.scenario === ownName ? own : { file: undefined, files: undefined };
  return ask({ do: "open", file, files, lesson: scene.lesson, scenario: scene.lesson ? undefined : scene.scenario, engine: scene.engine, probes: scene.probes, ...change });
}

/** What the address asks for; of the page's own scenario it tells only what is different. @returns {Request} */
function wanted() {
  const q = opened(location.hash);
  if (!q) return own;
  return own.file && !q.lesson && (q.scenario ?? ownName) === ownName ? { ...own, ...q } : q;
}

/** A move that was typed: what it came to has the focus, and keys move again. @param {Request} q */
function typed(q) {
  $("why").focus();
  void move(q);
}

/** Large, for a room: the diagram, the step, code and stack. */
function present() {
  presenting = !presenting;
  document.body.classList.toggle("presenting", presenting);
  $("present").setAttribute("aria-pressed", String(presenting));
  if (view) show();
}

// Playing.
let playing = 0;
function pause() {
  clearInterval(playing);
  playing = 0;
  $("play").textContent = "▶ play";
  $("play").setAttribute("aria-pressed", "false");
}
function play() {
  if (playing) return pause();
  $("play").textContent = "❚❚ pause";
  $("play").setAttribute("aria-pressed", "true");
  const tick = async () => {
    const before = view.moment.at;
    if (!busy) await ask({ do: "step" });
    if (!view.can.forward || view.moment.at === before) pause();
  };
  playing = setInterval(tick, 1000 / Number(select("speed").value));
}

// Searching for a schedule that violates something.
async function search() {
  const result = $("search-result"), form = /** @type {HTMLFormElement} */ ($("search"));
  const bound = Number(new FormData(form).get("preemptions"));
  $("stop-search").hidden = false;
  const a = await ask({ do: "search", strategy: String(new FormData(form).get("strategy")), preemptions: bound }, p => {
    result.textContent = `${(p.schedules ?? 0).toLocaleString("en")} schedules, ${(p.states ?? 0).toLocaleString("en")} states, ${(p.steps ?? 0).toLocaleString("en")} steps so far…`;
  });
  $("stop-search").hidden = true;
  const d = a.search;
  if (!d) return void (result.textContent = a.error ?? "");
  fill(result, [el("p", d.found ? "alarm" : "", d.found ? "Found: " + (d.violated ?? []).map(v => `${v.property}: ${v.text}`).join("; ") : "Nothing is violated."), el("p", "dim", d.verdict)]);
  const schedule = d.schedule;
  if (schedule) {
    result.append(el("p", "schedule", schedule), button("play-found", "Play what was found", async () => {
      await reopen({ schedule, at: 0 });
      play();
    }, "play the schedule that was found from its start"));
  }
}

/** @param {string} id @param {() => void} f */
function on(id, f) {
  $(id).addEventListener("click", () => { if ($(id).getAttribute("aria-disabled") !== "true") f(); });
}

/** @param {string} id @param {(text: string) => void} f has a form give what was typed */
function onSubmit(id, f) {
  $(id).addEventListener("submit", e => {
    e.preventDefault();
    f(String(new FormData(/** @type {HTMLFormElement} */ (e.target)).get("text") ?? ""));
  });
}

function wire() {
  on("start", () => move({ do: "goto", at: 0 }));
  on("back", () => move({ do: "step", back: true }));
  on("step", () => move({ do: "step" }));
  on("end", () => move({ do: "end" }));
  on("line", () => move({ do: "line" }));
  on("play", play);
  on("return", () => move({ do: "return" }));
  on("stop", () => machine.stop());
  on("stop-search", () => machine.stop());
  on("single", () => move({ do: "single" }));
  on("share", share);
  on("present", present);
  results();
  on("help", () => dialog("keys").showModal());
  on("break-here", () => move({ do: "break", text: input("place").value }));
  on("memory-at", () => move({ do: "memory", text: input("place").value }));
  on("watch-at", () => move({ do: "watch", text: input("place").value }));
  on("probe-here", () => void reopen({ probes: [...(scene.probes ?? []), input("place").value], schedule: undefined, at: 0 }));
  on("give-run", () => void ask({ do: "answer", text: "" }));
  on("ask-again", () => void ask({ do: "again" }));
  for (const b of document.querySelectorAll("[data-mark]")) b.addEventListener("click", () => move({ do: "mark", kind: /** @type {HTMLElement} */ (b).dataset.mark }));
  onSubmit("answering", text => { if (text.trim()) void ask({ do: "answer", text }); });
  onSubmit("finding", text => { if (text) void move({ do: "find", text }); });
  onSubmit("changing", text => { if (text) typed({ do: "change", cpu: view.moment.cpu, text }); });
  input("place").addEventListener("keydown", e => { if (e.key === "Enter") typed({ do: "break", text: input("place").value }); });
  $("search").addEventListener("submit", e => { e.preventDefault(); void search(); });
  $("engine").addEventListener("change", () => void reopen({ engine: select("engine").value, at: 0 }));
  $("compare").addEventListener("change", () => { if (select("compare").value) void move({ do: "compare", engine: select("compare").value }); select("compare").value = ""; });
  $("speed").addEventListener("change", () => { if (playing) { pause(); play(); } });
  for (const d of document.querySelectorAll("dialog")) d.querySelector(".close")?.addEventListener("click", () => d.close());
  scrubbing(at => void move({ do: "goto", at }));
  keys({ move, play, present, stop: () => { pause(); machine.stop(); }, scene: () => scene, view: () => view, live: machine.live, explain: () => void ask({ do: "explain" }), choose: id => { input(id).focus(); input(id).select(); }, help: () => dialog("keys").showModal() });
  addEventListener("resize", () => { if (view) { diagram($("diagram"), view.moment, scene); } });
  addEventListener("hashchange", () => { if (opened(location.hash)) void ask(wanted()); });
}

async function share() {
  const link = machine.live ? (await ask({ do: "link" })).link : { at: view.moment.at };
  if (!link) return;
  const url = location.href.replace(/#.*/, "") + fragment(scene, link, machine.live);
  history.replaceState(null, "", url);
  const field = input("share-link");
  field.value = url;
  dialog("sharing").showModal();
  field.select();
  try {
    await navigator.clipboard.writeText(url);
    $("shared").textContent = "It is copied.";
  } catch {
    $("shared").textContent = "Copy it from here.";
  }
}

async function main() {
  wire();
  document.body.classList.toggle("recorded", !machine.live);
  if (!machine.live) {
    await ask({ do: "open", at: opened(location.hash)?.at });
    return;
  }
  const a = await ask(wanted());
  if (a.error) {
    await ask(own);
    $("error").textContent = `The link does not open: ${a.error}`;
  }
  const c = await machine.ask({ do: "catalog" });
  if (c.catalog) wireCatalog(c.catalog);
}

/** @param {Catalog} c */
function wireCatalog(c) {
  catalog(c, q => void ask({ do: "open", ...q }));
  on("open", () => dialog("catalog").showModal());
  $("open").hidden = false;
}

// For tests, and for whoever opens the console.
Object.assign(window, { trapline: { ask, move, idle } });

void main();
