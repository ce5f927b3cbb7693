// That an array, or scratch, may end where memory ends: nothing past it is read or written, which would be a trap. What comes out
// is tested elsewhere.
import { compile, fields, type NnExports, sourceFormats, weightFormats } from "@attn/kernel/nn";
import { describe, expect, it } from "vitest";
import { variants } from "./arena.ts";

const PAGE = 65536;
const SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 17, 33];

describe.each(variants)("%s: memory may end where an array does", (variant) => {
  const pages = 48;
  const memory = new WebAssembly.Memory({ initial: pages });
  const kernel = new WebAssembly.Instance(compile(variant), { env: { memory } }).exports as unknown as NnExports;

  /** Runs `call` with addresses for arrays of these bytes, once for each of them as the last thing in memory. */
  function eachLast<Name extends string>(bytes: Record<Name, number>, call: (at: Record<Name, number>) => void): void {
    const names = Object.keys(bytes) as Name[];
    for (const last of names) {
      let end = 1024;
      const at = {} as Record<Name, number>;
      for (const name of names) {
        at[name] = name === last ? pages * PAGE - bytes[name] : end;
        if (name !== last) end += Math.ceil(bytes[name] / 64) * 64;
      }
      expect(end).toBeLessThan(pages * PAGE - bytes[last]);
      expect(() => call(at), `${last} is last`).not.toThrow();
    }
  }

  it.each(Object.keys(weightFormats) as (keyof typeof weightFormats)[])(
    "linear_f32, pack_weight, embed_f32: %s",
    (name) => {
      const format = weightFormats[name];
      for (const [M, N, K] of [
        ...SIZES.map((n) => [3, n, 9] as const),
        ...SIZES.map((n) => [n, 9, n] as const),
        [17, 5, 513] as const,
      ]) {
        const block = 64;
        const write = (values: Partial<Record<keyof typeof fields, number>>): void => {
          for (const [field, x] of Object.entries(values))
            new DataView(memory.buffer, block).setInt32(fields[field as keyof typeof fields], x, true);
        };
        write({ rows: M, inputs: K, outputs: N, format, activation: 2, xStride: 4 * K, yStride: 4 * N });
        write({ multiplierStride: 4 * N, residualStride: 4 * N });
        const scales = format === weightFormats.F32 ? 0 : 4 * Math.ceil(N / 8) * 8;
        const weight = kernel.weight_bytes(format, N, K);
        const rows = { y: 4 * M * N, multiplier: 4 * M * N, residual: 4 * M * N, bias: 4 * N };
        const scratch = kernel.linear_f32_scratch(block) >>> 0;
        eachLast({ x: 4 * M * K, weight, scales, ...rows, scratch }, (at) => {
          write({ ...at, scales: scales && at.scales });
          new Float32Array(memory.buffer, at.x - (at.x % 4), M * K).fill(1);
          kernel.linear_f32(block);
        });
        for (const [source, size] of [
          ["F32", 4],
          ["F16", 2],
          ["INT8", 1],
          ["BF16", 2],
        ] as const) {
          const bytes = {
            source: size * N * K,
            sourceScales: 4 * N,
            weight,
            scales,
            scratch: kernel.pack_weight_scratch(K),
          };
          eachLast(bytes, (at) =>
            kernel.pack_weight(
              ...([format, at.weight, at.scales, N, K, 0, N] as const),
              ...([sourceFormats[source], at.source, size * K, size, at.sourceScales, at.scratch] as const),
            ),
          );
        }
        eachLast({ y: 4 * M * K, ids: 4 * M, weight, scales }, (at) => {
          new Int32Array(memory.buffer, at.ids, M).fill(N - 1);
          kernel.embed_f32(at.y, 4 * K, at.ids, M, format, at.weight, at.scales, N, K, 2, 1);
        });
      }
    },
  );

  it.each(SIZES)("rows of %i numbers", (n) => {
    const row = 4 * n;
    const rows = { y: 2 * row, sum: 2 * row, x: 2 * row, residual: 2 * row };
    eachLast({ ...rows, weight: row, bias: row }, ({ y, sum, x, residual, weight, bias }) => {
      kernel.layer_norm_f32(y, row, sum, row, x, row, residual, row, 2, n, weight, bias, 1e-5);
      kernel.rms_norm_f32(y, row, sum, row, x, row, residual, row, 2, n, weight, 1e-5);
      kernel.add_f32_rows(y, row, x, row, 2, residual, row, 2, n);
      kernel.mean_f32_rows(bias, x, row, 2, n);
      kernel.normalize_f32_rows(y, row, x, row, 2, n, 1e-12);
      kernel.argmax_f32(weight, n);
    });
    eachLast({ x: 6 * row, factors: 12 }, ({ x, factors }) =>
      kernel.scale_heads_f32(x, 3 * row, row, 2, 3, n, factors),
    );
    eachLast({ y: row, x: row, scratch: kernel.activate_f32_scratch() }, ({ y, x, scratch }) => {
      for (const kind of [0, 1, 2, 3, 4]) kernel.activate_f32(y, x, n, kind, scratch);
    });
  });

  it.each(SIZES)("positions of %i pairs", (n) => {
    const table = { sines: 8 * 2 * n, frequencies: 8 * n, positions: 16 };
    eachLast(table, ({ sines, frequencies, positions }) => {
      kernel.frequencies_f64(frequencies, n, 2 * n, 10000);
      kernel.sinusoids_f32(sines, n, sines + 4 * n, n, 4, 8 * n, 2, frequencies, 0, positions - (positions % 8));
    });
    eachLast({ x: 2 * 8 * n, table: 2 * 8 * n }, ({ x, table }) => {
      for (const interleaved of [0, 1]) kernel.rope_f32(x, 8 * n, 8 * n, 2, 1, n, interleaved, table);
    });
    eachLast({ to: 4 * 3 * n, table: 4 * 3, buckets: 4 * n }, ({ to, table, buckets }) => {
      new Int32Array(memory.buffer, buckets, n).fill(0);
      kernel.relative_bias_f32(to, 4 * n, table, 3, buckets, n);
    });
  });
});
