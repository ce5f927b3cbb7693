// What tests of the module "nn" share: weights packed and read back, and the linear layer as a call. Holds no cases.
import { createRandom, type NumericArray, type Random } from "@attn/conformance";
import {
  activations,
  compile,
  fields,
  type NnExports,
  sourceFormats,
  type Variant,
  weightFormats,
} from "@attn/kernel/nn";
import { Arena } from "./arena.ts";

export type NnArena = Arena<NnExports>;
export type Format = keyof typeof weightFormats;
export type Source = keyof typeof sourceFormats;

export const formats = Object.keys(weightFormats) as Format[];
export const nnArena = (variant: Variant): NnArena => new Arena<NnExports>(variant, compile);
export const random = (seed: number): Random => createRandom(seed);

/** A weight where the kernel has it. */
export interface Packed {
  readonly format: Format;
  readonly weight: number;
  readonly scales: number;
  readonly shape: readonly [number, number];
}

/** Bytes of a number of each source. */
const sizes: Readonly<Record<Source, number>> = { F32: 4, F16: 2, INT8: 1, BF16: 2 };

export interface PackOptions {
  source?: Source;
  /** The scales of a source of int8. */
  sourceScales?: Float32Array;
  /** How many rows a call packs. Default: all. */
  rowsAtOnce?: number;
  /** Whether the source is [K, N]. */
  transposed?: boolean;
}

/** Packs what lies in `data`, [N, K] in the format that `source` says, between guards. */
export function pack(
  arena: NnArena,
  format: Format,
  data: Float32Array | Uint16Array | Int8Array,
  shape: readonly [number, number],
  { source = "F32", sourceScales, rowsAtOnce = shape[0], transposed = false }: PackOptions = {},
): Packed {
  const [N, K] = shape;
  const { kernel } = arena;
  const code = weightFormats[format];
  const size = sizes[source];
  const from = arena.put(data);
  const fromScales = sourceScales ? arena.put(sourceScales) : 0;
  const weight = arena.space(kernel.weight_bytes(code, N, K));
  const scales = format === "F32" ? 0 : arena.space(4 * Math.ceil(N / 8) * 8);
  const scratch = arena.space(kernel.pack_weight_scratch(K));
  const [rowStride, step] = transposed ? [size, size * N] : [size * K, size];
  for (let n = 0; n < N; n += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, N - n);
    const [row, rowScales] = [from + n * rowStride, fromScales && fromScales + 4 * n];
    kernel.pack_weight(
      ...[code, weight, scales, N, K, n, rows, sourceFormats[source], row, rowStride, step, rowScales, scratch],
    );
  }
  return { format, weight, scales, shape };
}

/** All rows of a packed weight, as the kernel reads them. */
export function unpack(arena: NnArena, { format, weight, scales, shape: [N, K] }: Packed): NumericArray {
  const ids = arena.put(Int32Array.from({ length: N }, (_, i) => i));
  const y = arena.space(4 * N * K);
  arena.kernel.embed_f32(y, 4 * K, ids, N, weightFormats[format], weight, scales, N, K, 1, 0);
  return { data: arena.f32(y, N * K), shape: [N, K] };
}

export type LinearFields = Partial<Record<Exclude<keyof typeof fields, "size" | "scratch">, number>>;

/** Runs linear_f32 on x [M, K], with scratch of just the size that it asks for; y [M, N] without gaps unless values say so. */
export function linear(arena: NnArena, packed: Packed, x: NumericArray, values: LinearFields = {}): Float32Array {
  const { kernel, memory } = arena;
  const [N, K] = packed.shape;
  const M = Number(x.shape[0]);
  const y = values.y ?? arena.space(4 * M * N);
  const block = arena.put(new Int32Array(fields.size / 4));
  const all = {
    ...{ rows: M, inputs: K, outputs: N, format: weightFormats[packed.format] },
    ...{
      weight: packed.weight,
      scales: packed.scales,
      xStride: 4 * K,
      y,
      yStride: 4 * N,
      activation: activations.NONE,
    },
    ...values,
    x: values.x ?? arena.put(Float32Array.from(x.data)),
  };
  const write = (name: keyof typeof fields, value: number): void =>
    new DataView(memory.buffer, block).setInt32(fields[name], value, true);
  for (const [name, value] of Object.entries(all)) write(name as keyof typeof fields, value);
  write("scratch", arena.space(kernel.linear_f32_scratch(block) >>> 0));
  kernel.linear_f32(block);
  return arena.f32(y, M * N);
}
