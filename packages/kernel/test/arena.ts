// A memory for raw kernel calls: everything placed has guard bytes on both sides, and unused memory is filled with a
// pattern that is a NaN as f32, so that a read of what was never written shows. Holds no cases.
import { compile, type KernelExports, type Variant, type WasmModule } from "@attn/kernel";
import { expect } from "vitest";

export const variants: readonly Variant[] = ["simd", "relaxed"];

const GUARD = 64;
/** 0x7fc5a5a5 as f32 is a NaN. */
const PATTERN = 0x7fc5a5a5;

/** A module's exports on a memory of their own; without `from`, those of the module "attention". */
export class Arena<Exports = KernelExports> {
  readonly memory: WebAssembly.Memory;
  readonly kernel: Exports;
  readonly #guards: number[] = [];
  #end = 64;

  constructor(variant: Variant, from: (variant: Variant) => WasmModule = compile, pages = 64) {
    this.memory = new WebAssembly.Memory({ initial: pages });
    const { exports } = new WebAssembly.Instance(from(variant), { env: { memory: this.memory } });
    this.kernel = exports as unknown as Exports;
    this.reset();
  }

  reset(): void {
    this.#guards.length = 0;
    this.#end = 64;
    new Uint32Array(this.memory.buffer).fill(PATTERN);
  }

  /** `bytes` at a multiple of 64, between guards. */
  space(bytes: number): number {
    const start = this.#end + GUARD;
    const end = Math.ceil((start + bytes) / 4) * 4;
    this.#guards.push(this.#end, start, end, end + GUARD);
    this.#end = Math.ceil((end + GUARD) / 64) * 64;
    if (this.#end > this.memory.buffer.byteLength) throw new RangeError("the arena is too small");
    return start;
  }

  put(data: Float32Array | Float64Array | Uint8Array | Int8Array | Uint16Array | Int32Array): number {
    const at = this.space(data.byteLength);
    new Uint8Array(this.memory.buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    return at;
  }

  f32(at: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, length).slice();
  }

  /** Asserts that no guard was written to. */
  expectGuards(): void {
    for (let i = 0; i < this.#guards.length; i += 2) {
      const [from, to] = [this.#guards[i] as number, this.#guards[i + 1] as number];
      const written = new Uint32Array(this.memory.buffer, from, (to - from) / 4).find((word) => word !== PATTERN);
      expect(written, `a guard at ${from}`).toBeUndefined();
    }
  }
}
