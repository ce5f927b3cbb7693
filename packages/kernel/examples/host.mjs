// Attention without @attn/core: what a host in any language does with simd.wasm, here in the bare WebAssembly API.
// `node host.mjs` prints three one-hot words under a causal mask. INTERFACE.md has the offsets.
import { readFile } from "node:fs/promises";

const wasm = await readFile(new URL(import.meta.resolve("@attn/kernel/simd.wasm")));

/** Causal attention of one head; query, key and value are L rows of D numbers each, and so is the result. */
async function causalAttention(query, key, value, L, D) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { instance } = await WebAssembly.instantiate(wasm, { env: { memory } });
  const { attention_f32, attention_f32_scratch } = instance.exports;

  // The host lays memory out: here one thing behind the other, each at a multiple of 64.
  let end = 64;
  const place = (bytes) => {
    const at = end;
    end = Math.ceil((at + bytes) / 64) * 64;
    while (end > memory.buffer.byteLength) memory.grow(1);
    return at;
  };
  const put = (numbers) => {
    const at = place(4 * numbers.length);
    new Float32Array(memory.buffer, at).set(numbers);
    return at;
  };

  const [block, q, k, v, output] = [place(208), put(query), put(key), put(value), place(4 * L * D)];
  const set = (fields) => {
    const args = new DataView(memory.buffer, block);
    for (const [offset, value] of Object.entries(fields)) args.setInt32(Number(offset), value, true);
  };
  set({ 0: 1, 4: 1, 8: 1, 12: L, 16: L, 20: D, 24: D }); // B, H, G, L, S, D, Dv
  set({ 32: q, 48: k, 64: v, 96: output });
  set({ 44: 4 * D, 60: 4 * D, 76: 4 * D, 108: 4 * D }); // bytes from one row of each to the next
  new DataView(memory.buffer, block).setFloat32(112, 1 / Math.sqrt(D), true); // scale
  set({ 120: -1, 124: 0 }); // all keys before a query's position, none after it
  set({ 204: place(attention_f32_scratch(block) >>> 0) });

  attention_f32(block);
  return new Float32Array(memory.buffer, output, L * D).slice();
}

const words = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const result = await causalAttention(words, words, words, 3, 3);
for (let i = 0; i < 9; i += 3) console.log(Array.from(result.subarray(i, i + 3), (x) => x.toFixed(4)).join(" "));
