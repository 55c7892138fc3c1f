/** @import { Answer, Machine, Progress, Request } from "./protocol.js" */

/** @param {string} id */
const textOf = id => document.getElementById(id)?.textContent ?? "";

/**
 * The machine in a Web Worker. Requests are answered in their order.
 * @returns {Machine}
 */
export function liveMachine() {
  const worker = new Worker(URL.createObjectURL(new Blob([textOf("worker")], { type: "text/javascript" })));
  /** @type {Map<number, {done: (a: Answer) => void, progress?: (p: Progress) => void}>} */
  const waiting = new Map();
  let last = 0;
  /** @type {Promise<void>} */
  const ready = new Promise((resolve, reject) => {
    worker.onerror = e => reject(new Error(e.message));
    worker.onmessage = e => {
      /** @type {Answer} */
      const a = JSON.parse(e.data);
      const w = waiting.get(a.id);
      if (a.id === 0) return resolve();
      if (a.progress) return w?.progress?.(a.progress);
      waiting.delete(a.id);
      w?.done(a);
    };
  });
  worker.postMessage(textOf("wasm"));
  return {
    live: true,
    async ask(q, progress) {
      await ready;
      const id = ++last;
      return new Promise(done => {
        waiting.set(id, { done, progress });
        worker.postMessage(JSON.stringify({ ...q, id }));
      });
    },
    stop: () => worker.postMessage("stop"),
  };
}

/**
 * A recorded walk of package internal/tui/export: moments that are shown, and no machine.
 * @param {string} packed JSON, gzip in base64 @returns {Promise<Machine>}
 */
export async function recordedMachine(packed) {
  const stream = new Blob([Uint8Array.from(atob(packed), c => c.charCodeAt(0))]).stream().pipeThrough(new DecompressionStream("gzip"));
  /** @type {{scene: import("./protocol.js").Scene, moments: import("./protocol.js").Moment[], marks: import("./protocol.js").Mark[], first: number, left?: string, unmarked?: number}} */
  const data = JSON.parse(await new Response(stream).text());
  const { scene, moments, marks } = data;
  let at = data.first, sent = false;
  const kinds = new Map(scene.glyphs.map(g => [g.name, g.kind]));
  /** @type {Record<string, number>} */
  const named = {};
  for (const [name, glyph] of [["hit", "hit"], ["trap", "trap"], ["lock", "lock"], ["event", "event"], ["patched", "cc in/out"], ["missed", "missed"], ["violation", "violation"]]) {
    named[name] = kinds.get(glyph) ?? 0;
  }
  const there = Object.keys(named).filter(k => marks.some(m => m.kind & named[k]));
  /** @param {number} want */
  const nearest = want => moments.reduce((best, m, i) => (Math.abs(m.at - want) < Math.abs(moments[best].at - want) ? i : best), 0);
  /** @param {Request} q @param {(m: import("./protocol.js").Moment) => boolean} match */
  function seek(q, match) {
    const d = q.back ? -1 : 1;
    for (let i = at + d; i >= 0 && i < moments.length; i += d) {
      if (match(moments[i])) {
        at = i;
        return "";
      }
    }
    return `nothing of that kind ${q.back ? "before" : "after"} here`;
  }
  /** @param {string} [message] @returns {import("./protocol.js").View} */
  function view(message) {
    const first = !sent;
    sent = true;
    return { moment: moments[at], message, branches: 1, able: [], marks: first ? marks : undefined, unmarked: data.unmarked, can: { forward: at < moments.length - 1, backward: at > 0, kinds: there } };
  }
  return {
    live: false,
    stop() {},
    async ask(q) {
      let message = "";
      switch (q.do) {
        case "open":
          sent = false;
          if (q.at !== undefined) at = nearest(q.at);
          return { id: 0, scene, view: view(data.left) };
        case "step": case "one": case "over": case "line":
          at = Math.min(Math.max(at + (q.back ? -1 : 1), 0), moments.length - 1);
          break;
        case "goto":
          at = nearest(q.at ?? 0);
          break;
        case "end":
          at = moments.length - 1;
          break;
        case "mark": {
          const steps = new Set(marks.filter(m => m.kind & named[q.kind ?? ""]).map(m => m.at));
          message = seek(q, m => steps.has(m.at));
          break;
        }
        case "find": {
          const want = (q.text ?? "").toLowerCase();
          message = seek(q, m => [m.head, ...(m.why ?? []).map(w => w.text), ...(m.notes ?? [])].join(" ").toLowerCase().includes(want));
          break;
        }
        case "show":
          break;
        default:
          return { id: 0, error: "this page plays a recorded run: that needs the machine" };
      }
      return { id: 0, view: view(message) };
    },
  };
}
