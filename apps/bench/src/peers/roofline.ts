// What this machine can do at most, on one thread: multiply-adds of 128-bit vectors that need nothing from memory,
// and reading memory through. Tiny wasm functions, assembled here; a measure for the peers, not one of them.
import { bytesOfNumber, type WeightDtype } from "../models.ts";
import { cacheBytes, type Stored, storedBytes, weightBytes } from "../workloads.ts";
import type { Peer, Runner, Strategy } from "./peer.ts";

// ---------------------------------------------------------------------------------------------- wasm, as bytes

const [I32, F32, V128] = [0x7f, 0x7d, 0x7b];
const unsigned = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...unsigned(n >>> 7)]);
const signed = (n: number): number[] => (n >= -64 && n < 64 ? [n & 127] : [(n & 127) | 128, ...signed(n >> 7)]);
const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const text = (s: string): number[] => vector([...new TextEncoder().encode(s)].map((byte) => [byte]));
const section = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content];
const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];

const get = (local: number): number[] => [0x20, ...unsigned(local)];
const set = (local: number): number[] => [0x21, ...unsigned(local)];
const tee = (local: number): number[] => [0x22, ...unsigned(local)];
const constant = (n: number): number[] => [0x41, ...signed(n)];
const i32 = { add: [0x6a], sub: [0x6b] };
const f32x4 = { splat: simd(0x13), add: simd(0xe4), mul: simd(0xe6), madd: simd(0x105), firstLane: [...simd(0x1f), 0] };
const load = (offset: number): number[] => [...simd(0x00), 4, ...unsigned(offset)];
/** do { body; counter -= step } while (counter ≠ 0). */
const loop = (counter: number, step: number, body: readonly number[]): number[] => [
  ...[0x03, 0x40, ...body],
  ...[...get(counter), ...constant(step), ...i32.sub, ...tee(counter), 0x0d, 0, 0x0b],
];
/** The first lane of the sum, so that no accumulator can be left out. */
const sum = ([first = 0, ...rest]: readonly number[]): number[] => [
  ...get(first),
  ...rest.flatMap((local) => [...get(local), ...f32x4.add]),
  ...f32x4.firstLane,
];

/** A module of one function (parameters) → f32 with `vectors` v128 locals, and one memory. */
function instantiate<Run>(parameters: readonly number[], vectors: number, body: readonly number[]) {
  const code = [...vector([[...unsigned(vectors), V128]]), ...body, 0x0b];
  const type = [0x60, ...vector(parameters.map((type) => [type])), ...vector([[F32]])];
  const bytes = Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector([type])),
    ...section(3, vector([[0]])),
    ...section(5, vector([[0, 1]])),
    ...section(7, [2, ...text("run"), 0, 0, ...text("memory"), 2, 0]),
    ...section(10, vector([[...unsigned(code.length), ...code]])),
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return exports as unknown as { run: Run; memory: WebAssembly.Memory };
}

// --------------------------------------------------------------------------------------------- multiply and add

/** Hides the latency of two operations on two units; with the two operands it still fits into 15 registers. */
const ACCUMULATORS = 12;
const ITERATIONS = 100_000;

/** Floating-point operations of one run: a product and a sum in each of four lanes. */
export const ROOFLINE_FLOPS = ITERATIONS * ACCUMULATORS * 8;

/** acc ← acc·x + y, in chains that do not depend on each other. */
function multiplyAdd(fused: boolean): Runner {
  const [x, y] = [3, 4];
  const accumulators = Array.from({ length: ACCUMULATORS }, (_, i) => 5 + i);
  const step = (acc: number): number[] =>
    fused
      ? [...get(acc), ...get(x), ...get(y), ...f32x4.madd, ...set(acc)]
      : [...get(acc), ...get(x), ...f32x4.mul, ...get(y), ...f32x4.add, ...set(acc)];
  const { run } = instantiate<(iterations: number, x: number, y: number) => number>([I32, F32, F32], 2 + ACCUMULATORS, [
    ...[...get(1), ...f32x4.splat, ...set(x), ...get(2), ...f32x4.splat, ...set(y)],
    ...loop(0, 1, accumulators.flatMap(step)),
    ...sum(accumulators),
  ]);
  // Every accumulator tends to y / (1 - x) = 1: neither infinities nor denormal numbers.
  return { run: () => run(ITERATIONS, 0.5, 0.5), output: () => new Float32Array() };
}

// ------------------------------------------------------------------------------------------------------ reading

const LOADS = 8;
const STRIDE = LOADS * 16;

/** Adds up so many bytes, rounded up to a multiple of 128. */
function reading(wanted: number): Runner {
  const bytes = Math.ceil(wanted / STRIDE) * STRIDE;
  const accumulators = Array.from({ length: LOADS }, (_, i) => 2 + i);
  const step = (acc: number, i: number): number[] => [
    ...get(acc),
    ...get(1),
    ...load(i * 16),
    ...f32x4.add,
    ...set(acc),
  ];
  const { run, memory } = instantiate<(bytes: number, address: number) => number>([I32, I32], LOADS, [
    ...loop(0, STRIDE, [...accumulators.flatMap(step), ...get(1), ...constant(STRIDE), ...i32.add, ...set(1)]),
    ...sum(accumulators),
  ]);
  memory.grow(Math.ceil(bytes / 65536));
  // Pages that were never written share one page of zeros, which is read from the nearest cache.
  new Float32Array(memory.buffer).fill(1);
  return { run: () => run(bytes, 0), output: () => new Float32Array() };
}

// ---------------------------------------------------------------------------------------------- the two limits

const strategy = (mode: string, make: () => Runner): Strategy => ({ name: "", mode, prepare: async () => make() });

export const peer: Peer = {
  name: "this machine",
  strategies: (workload) => [
    strategy("fused multiply-add", () => multiplyAdd(true)),
    strategy("multiply, add", () => multiplyAdd(false)),
    ...(workload.kind === "decode"
      ? (Object.keys(storedBytes) as Stored[]).map((stored) =>
          strategy(`read ${stored}`, () => reading(cacheBytes(workload, stored))),
        )
      : []),
    ...(workload.kind === "token"
      ? (Object.keys(bytesOfNumber) as WeightDtype[]).map((dtype) =>
          strategy(`read ${dtype}`, () => reading(weightBytes(workload, dtype))),
        )
      : []),
  ],
};
