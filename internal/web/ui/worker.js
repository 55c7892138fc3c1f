// The Web Worker of the machine: the first message is the program, gzip in base64.
// What follows is the program's own: see internal/web/machine.
self.onmessage = async (/** @type {MessageEvent<string>} */ e) => {
  const text = atob(e.data), packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i); // Uint8Array.from takes twenty times as long
  const code = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  // @ts-ignore: Go is of Go's wasm_exec.js, which comes before this
  const go = new Go();
  const response = new Response(code, { headers: { "Content-Type": "application/wasm" } });
  const { instance } = await WebAssembly.instantiateStreaming(response, go.importObject);
  go.run(instance);
};
