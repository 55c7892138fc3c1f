// Runs the machine as a Web Worker runs it, gives it the requests of the third
// argument one after the other, and prints the answers, a line each.
import { webcrypto } from "crypto";
import fs from "fs";
globalThis.crypto ??= webcrypto; // node 18 has it behind a flag
const [exec, wasm, requests] = process.argv.slice(2);
await import(exec);
const list = JSON.parse(requests);
globalThis.postMessage = text => {
  const answer = JSON.parse(text);
  if (answer.progress) return; // more of this answer follows
  if (answer.id > 0) console.log(text);
  const next = list.shift();
  if (next) setTimeout(() => globalThis.onmessage({ data: JSON.stringify(next) }), 0);
  else process.exit(0);
};
const go = new Go();
const { instance } = await WebAssembly.instantiate(fs.readFileSync(wasm), go.importObject);
go.run(instance);
