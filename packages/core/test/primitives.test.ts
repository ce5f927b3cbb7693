// matmul, softmax, mergeAttention and tensor(), each alone, against the float64 reference at the edges of tiles and blocks.
// That attention agrees with them is invariants.test.ts's matter.
import {
  createRandom,
  dotTolerance,
  mergeTolerance,
  referenceMatmul,
  referenceMerge,
  referenceSoftmax,
  softmaxTolerance,
  underflowTolerance,
} from "@attn/conformance";
import { type Attention, type NestedNumbers, type Tensor, tensor } from "@attn/core";
import { describe, expect, it } from "vitest";
import { nested, sizeOf } from "./arrays.ts";
import { engines, expectSame } from "./helpers.ts";

interface MatmulCase {
  transposeB?: boolean;
  bias?: Tensor;
}

function expectMatmul(engine: Attention, a: Tensor, b: Tensor, options: MatmulCase = {}): void {
  const expected = referenceMatmul(a, b, options);
  const terms = (a.shape.at(-1) as number) + 1;
  expectSame("product", engine.matmul(a, b, options), expected, {
    rtol: dotTolerance(terms),
    scale: expected.condition,
  });
}

describe.each(engines)("matmul, %s", (_, engine) => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 97])("%i rows, by columns and depths across tiles and blocks", (M) => {
    const random = createRandom(M);
    // Each K with three of the N, each N with two of the K or more.
    const [columns, depths] = [
      [0, 1, 7, 8, 9, 17, 513],
      [0, 1, 3, 4, 255, 256, 257, 600],
    ];
    for (const [i, K] of depths.entries()) {
      for (const N of [columns[i % 7], columns[(i + 3) % 7], columns[(2 * i + 5) % 7]] as number[]) {
        const a = random.tensor([M, K]);
        expectMatmul(engine, a, random.tensor([K, N]));
        expectMatmul(engine, a, random.tensor([N, K]), { transposeB: true });
        if (M * N * K > 5e6) continue; // enough for the reference to do
        expectMatmul(engine, a, random.tensor([K, N]), { bias: random.tensor([N]) });
        expectMatmul(engine, a, random.tensor([N, K]), { transposeB: true, bias: random.tensor([M, 1]) });
      }
    }
  });

  it("leading dimensions broadcast on both sides", () => {
    const random = createRandom(1);
    for (const M of [1, 4, 13]) {
      for (const [left, right] of [
        [[], [2]],
        [[2], []],
        [[3], [3]],
        [[3], [1]],
        [[1], [3]],
        [[2, 3], [3]],
        [[3], [2, 3]],
        [
          [2, 1],
          [1, 3],
        ],
        [
          [1, 3],
          [2, 1],
        ],
        [
          [2, 1, 3],
          [4, 1],
        ],
        [[1, 1], []],
        [[0], [1]],
        [[1], [0]],
        [
          [2, 0],
          [2, 1],
        ],
        [[0], []],
      ]) {
        const a = random.tensor([...(left as number[]), M, 9]);
        expectMatmul(engine, a, random.tensor([...(right as number[]), 9, 10]));
        expectMatmul(engine, a, random.tensor([...(right as number[]), 10, 9]), { transposeB: true });
        expectMatmul(engine, a, random.tensor([...(right as number[]), 9, 10]), { bias: random.tensor([10]) });
      }
    }
  });

  it("bias of every broadcast shape", () => {
    const random = createRandom(2);
    const [A, B, M, N] = [2, 3, 5, 9];
    for (const K of [0, 1, 6]) {
      for (const shape of [
        [],
        [1],
        [N],
        [1, N],
        [M, 1],
        [M, N],
        [1, 1],
        [B, 1, 1],
        [B, 1, N],
        [B, M, 1],
        [B, M, N],
        [1, M, N],
        [A, 1, 1, 1],
        [A, 1, 1, N],
        [A, 1, M, N],
        [A, B, 1, 1],
        [A, B, M, 1],
        [A, B, 1, N],
        [A, B, M, N],
        [1, B, 1, N],
      ]) {
        const bias = random.tensor(shape);
        expectMatmul(engine, random.tensor([A, 1, M, K]), random.tensor([B, K, N]), { bias });
        expectMatmul(engine, random.tensor([A, B, M, K]), random.tensor([N, K]), { bias, transposeB: true });
      }
    }
    expectMatmul(engine, random.tensor([4, 3]), random.tensor([3, 1]), { bias: random.tensor([1]) });
    expectMatmul(engine, random.tensor([4, 3]), random.tensor([3, 1]), { bias: random.tensor([4, 1]) });
  });

  it("numbers of any magnitude", () => {
    const random = createRandom(3);
    for (const M of [2, 9]) {
      for (const [x, y] of [
        [1e15, 1e15],
        [1e-10, 1e-10],
        [1e30, 1e-30],
      ] as const)
        expectMatmul(engine, random.tensor([M, 40], x), random.tensor([40, 20], y));
    }
  });

  it("NaN and Infinity go into their rows and columns, and no further", () => {
    const random = createRandom(4);
    for (const [M, N] of [
      [3, 9],
      [7, 17],
    ] as const) {
      for (const bad of [Number.NaN, Infinity]) {
        const [a, b] = [random.tensor([M, 20]), random.tensor([20, N])];
        const clean = engine.matmul(a, b).data;
        a.data[20] = bad;
        b.data[N - 1] = bad;
        engine.matmul(a, b).data.forEach((x, i) => {
          if (Math.floor(i / N) === 1 || i % N === N - 1) expect(x).not.toBeOneOf([clean[i]]);
          else expect(x).toBe(clean[i]);
        });
      }
    }
  });

  it("out: an array, a tensor of any shape of that size, wasm memory; never an input", () => {
    const random = createRandom(5);
    for (const M of [2, 13]) {
      const [a, b, bias] = [random.tensor([2, M, 9]), random.tensor([9, 11]), random.tensor([11])];
      const wanted = engine.matmul(a, b, { bias });
      const array = new Float32Array(wanted.data.length).fill(7);
      const got = engine.matmul(a, b, { bias, out: array });
      expect(got.data).toBe(array);
      expect(got).toEqual(wanted);
      const flat = { data: array.fill(7), shape: [array.length] };
      const shaped = engine.matmul(a, b, { bias, out: flat });
      expect(shaped.shape).toEqual(wanted.shape);
      expect(shaped.data).toBe(array);
      expect(array).toEqual(wanted.data);
      using inside = engine.empty(wanted.shape);
      inside.data.fill(7);
      expect(engine.matmul(a, b, { bias, out: inside })).toBe(inside);
      expect(inside.data).toEqual(wanted.data);
      expect(() => engine.matmul(a, b, { out: new Float32Array(array.length - 1) })).toThrow(RangeError);
    }
    const square = random.tensor([4, 4]);
    for (const out of [square, square.data])
      expect(() => engine.matmul(square, random.tensor([4, 4]), { out })).toThrow(RangeError);
    expect(() => engine.matmul(random.tensor([4, 4]), square, { out: square })).toThrow(RangeError);
    expect(() => engine.matmul(random.tensor([4, 4]), random.tensor([4, 4]), { bias: square, out: square })).toThrow(
      RangeError,
    );
    const overlapping = { data: new Float32Array(square.data.buffer, 0, 4), shape: [2, 2] };
    expect(() => engine.matmul(square, square, { out: square })).toThrow(RangeError);
    expect(() => engine.matmul(overlapping, overlapping, { out: new Float32Array(square.data.buffer, 8, 4) })).toThrow(
      RangeError,
    );
  });

  it("operands that are nested or in wasm memory; one as both", () => {
    const random = createRandom(6);
    for (const M of [2, 9]) {
      const [a, b] = [random.tensor([M, 6]), random.tensor([6, 10])];
      const wanted = engine.matmul(a, b);
      expect(engine.matmul(nested(a), nested(b))).toEqual(wanted);
      using x = engine.empty(a.shape);
      using y = engine.empty(b.shape);
      x.data.set(a.data);
      y.data.set(b.data);
      expect(engine.matmul(x, y)).toEqual(wanted);
      expect(engine.matmul(x, b)).toEqual(wanted);
      expect(engine.matmul(x, x, { transposeB: true })).toEqual(engine.matmul(a, a, { transposeB: true }));
    }
  });

  it("refuses ranks below 2 and what does not go together", () => {
    const make = (...shape: number[]): Tensor => ({ data: new Float32Array(sizeOf(shape)), shape });
    for (const [a, b, options] of [
      [make(3), make(3, 2)],
      [make(2, 3), make(3)],
      [make(2, 3), make(2, 3)],
      [make(2, 3), make(3, 2), { transposeB: true }],
      [make(2, 2, 3), make(3, 3, 2)],
      [make(0, 2, 3), make(2, 3, 2)],
      [make(2, 3), make(3, 2), { bias: make(3) }],
      [make(2, 3), make(3, 2), { bias: make(1, 2, 2) }],
    ] as const)
      expect(() => engine.matmul(a, b, options)).toThrow(RangeError);
  });
});

function expectSoftmax(engine: Attention, x: Tensor): void {
  const expected = referenceSoftmax(x);
  const width = x.shape.at(-1) as number;
  const spread = 2 * x.data.reduce((max, y) => (Number.isFinite(y) ? Math.max(max, Math.abs(y)) : max), 0);
  const allowed = { rtol: softmaxTolerance(width, spread), atol: underflowTolerance(1, 1) };
  expectSame("softmax", engine.softmax(x), expected, allowed);
}

describe.each(engines)("softmax, %s", (_, engine) => {
  const widths = [...Array.from({ length: 17 }, (_, i) => i + 1), 31, 32, 33, 255, 256, 257, 600];

  it.each(widths)("rows of %i", (width) => {
    const random = createRandom(width);
    for (const shape of [[width], [5, width], [2, 3, width], [2, 1, 2, width]])
      expectSoftmax(engine, random.tensor(shape, 3));
    // The largest number at each place in turn: first, last, in a vector or over its edge.
    for (let i = 0; i < width; i++) {
      const x = random.tensor([width]);
      x.data[i] = 30;
      expectSoftmax(engine, x);
    }
  });

  it("offsets of ±1e3 and more change nothing", () => {
    const random = createRandom(1);
    for (const width of [1, 5, 8, 40, 257]) {
      const { data, shape } = random.tensor([4, width]);
      for (const offset of [1e3, -1e3, 88, -88, 3e4, 1e30, -1e30])
        expectSoftmax(engine, { data: data.map((x) => x + offset), shape });
    }
  });

  it("numbers far apart: what underflows is 0", () => {
    const random = createRandom(2);
    for (const width of [2, 7, 8, 9, 64]) {
      for (const size of [50, 1e3, 1e30, 1e38]) expectSoftmax(engine, random.tensor([3, width], size));
      const { data } = engine.softmax({
        data: Float32Array.from({ length: width }, (_, i) => -1000 * i),
        shape: [width],
      });
      expect([...data]).toEqual([1, ...new Array<number>(width - 1).fill(0)]);
    }
  });

  it("-Infinity is 0, a row of nothing else zeros; NaN and Infinity make the row NaN, and no other", () => {
    const random = createRandom(3);
    for (const width of [1, 2, 4, 7, 8, 9, 16, 17, 257]) {
      for (const bad of [-Infinity, Number.NaN, Infinity]) {
        for (const at of new Set([0, width - 1, width >> 1, width & ~7])) {
          const x = random.tensor([3, width]);
          if (at < width) x.data[width + at] = bad;
          expectSoftmax(engine, x);
          x.data.fill(bad, width, 2 * width);
          expectSoftmax(engine, x);
          x.data[width] = -Infinity;
          expectSoftmax(engine, x);
        }
      }
      const all = engine.softmax({ data: new Float32Array(2 * width).fill(-Infinity), shape: [2, width] });
      expect(all.data.every((y) => y === 0)).toBe(true);
    }
  });

  it("equal numbers share alike", () => {
    for (const width of [1, 3, 8, 300]) {
      const { data } = engine.softmax({ data: new Float32Array(width).fill(5), shape: [width] });
      expect(new Set(data).size).toBe(1);
      expect(data[0]).toBeCloseTo(1 / width, 7);
    }
  });

  it("sizes of zero; no rank 0", () => {
    for (const shape of [[0], [3, 0], [0, 3], [2, 0, 4]]) expectSoftmax(engine, { data: new Float32Array(), shape });
    expect(() => engine.softmax({ data: new Float32Array(1), shape: [] })).toThrow(RangeError);
  });

  it("out: an array, a tensor, wasm memory; the input's own memory is refused", () => {
    const x = createRandom(4).tensor([3, 9]);
    const before = x.data.slice();
    const wanted = engine.softmax(x);
    const array = new Float32Array(27).fill(7);
    expect(engine.softmax(x, { out: array }).data).toBe(array);
    expect(array).toEqual(wanted.data);
    using inside = engine.empty([3, 9]);
    expect(engine.softmax(x, { out: inside })).toBe(inside);
    expect(inside.data).toEqual(wanted.data);
    using from = engine.empty([3, 9]);
    from.data.set(x.data);
    expect(engine.softmax(from)).toEqual(wanted);
    expect(engine.softmax(nested(x))).toEqual(wanted);
    for (const out of [x, x.data, x.data.subarray()]) expect(() => engine.softmax(x, { out })).toThrow(RangeError);
    expect(() => engine.softmax(from, { out: from })).toThrow(RangeError);
    expect(() => engine.softmax(x, { out: new Float32Array(26) })).toThrow(RangeError);
    expect(x.data).toEqual(before);
    expect(from.data).toEqual(before);
  });
});

describe.each(engines)("mergeAttention, %s", (_, engine) => {
  interface Part {
    output: Tensor;
    lse: Tensor;
  }

  function expectMerged(parts: Part[]): void {
    const expected = referenceMerge(parts);
    const { data: lses } = expected.lse;
    const magnitude = parts
      .flatMap((part) => [...part.lse.data])
      .reduce((max, x) => (Number.isFinite(x) ? Math.max(max, Math.abs(x)) : max), 0);
    const allowed = mergeTolerance(parts.length, magnitude);
    const got = engine.mergeAttention(parts);
    const [rows, Dv] = [lses.length, parts[0]?.output.shape.at(-1) as number];
    // Relative to Σ share·|output|.
    const scale = Float64Array.from({ length: rows * Dv }, (_, i) => {
      const row = Math.floor(i / Dv);
      return parts.reduce((sum, { output, lse }) => {
        const share = Math.exp((lse.data[row] as number) - (lses[row] as number));
        return share > 0 ? sum + share * Math.abs(output.data[i] as number) : sum;
      }, 0);
    });
    expectSame("output", got.output, expected.output, { rtol: allowed.output, scale, atol: 1e-37 });
    expectSame("lse", got.lse, expected.lse, { atol: allowed.lse });
  }

  it.each([1, 2, 3, 7, 20])("%i parts of any rank and width", (count) => {
    const random = createRandom(count);
    for (const rows of [[5], [2, 3], [2, 2, 7]]) {
      for (const Dv of [1, 3, 4, 9, 64]) {
        for (const spread of [1, 30, 1000])
          expectMerged(
            Array.from({ length: count }, () => ({
              output: random.tensor([...rows, Dv]),
              lse: random.tensor(rows, spread),
            })),
          );
      }
    }
  });

  it("parts that saw nothing in a row, or nobody did", () => {
    const random = createRandom(1);
    const parts = Array.from({ length: 4 }, () => ({ output: random.tensor([3, 20, 5]), lse: random.tensor([3, 20]) }));
    for (const { lse, output } of parts) {
      lse.data.forEach((_, row) => {
        if (random.uniform() > 0.4 && row % 7 !== 0) return;
        lse.data[row] = -Infinity;
        output.data.fill(row % 2 ? Number.NaN : 0, row * 5, row * 5 + 5);
      });
    }
    expectMerged(parts);
    const got = engine.mergeAttention(parts);
    expect([...got.output.data.slice(0, 5), got.lse.data[0]]).toEqual([0, 0, 0, 0, 0, -Infinity]);
  });

  it("NaN stays in its row", () => {
    const random = createRandom(2);
    const parts = Array.from({ length: 3 }, () => ({ output: random.tensor([4, 3]), lse: random.tensor([4]) }));
    (parts[1] as Part).lse.data[1] = Number.NaN;
    (parts[2] as Part).lse.data[2] = Infinity;
    (parts[0] as Part).output.data[0] = Number.NaN;
    expectMerged(parts);
  });

  it("sizes of zero, nested arrays, wasm memory; the parts stay as they were", () => {
    const random = createRandom(3);
    expectMerged([{ output: random.tensor([0, 3]), lse: random.tensor([0]) }]);
    expectMerged([1, 2].map(() => ({ output: random.tensor([2, 4, 0]), lse: random.tensor([2, 4]) })));
    const parts = Array.from({ length: 2 }, () => ({ output: random.tensor([2, 4, 3]), lse: random.tensor([2, 4]) }));
    const before = parts.map(({ output, lse }) => [output.data.slice(), lse.data.slice()]);
    const wanted = engine.mergeAttention(parts);
    expect(
      engine.mergeAttention(parts.map(({ output, lse }) => ({ output: nested(output), lse: nested(lse) })) as never),
    ).toEqual(wanted);
    using inside = engine.empty([2, 4, 3]);
    inside.data.set((parts[0] as Part).output.data);
    expect(engine.mergeAttention([{ output: inside, lse: (parts[0] as Part).lse }, parts[1] as Part])).toEqual(wanted);
    expect(parts.map(({ output, lse }) => [output.data, lse.data])).toEqual(before);
  });

  it("refuses no parts, and parts that differ in shape", () => {
    const part = (...shape: number[]): Part => ({
      output: { data: new Float32Array(sizeOf(shape)), shape },
      lse: { data: new Float32Array(sizeOf(shape.slice(0, -1))), shape: shape.slice(0, -1) },
    });
    for (const parts of [
      [],
      [part(2, 3), part(2, 4)],
      [part(2, 3), part(3, 3)],
      [part(1, 2, 3), part(2, 3)],
      [part(3)],
      [{ ...part(2, 3), lse: part(3, 3).lse }],
    ])
      expect(() => engine.mergeAttention(parts)).toThrow(RangeError);
  });
});

describe("tensor()", () => {
  it("nested arrays: their shape and numbers", () => {
    expect(tensor([1, 2, 3])).toEqual({ data: Float32Array.of(1, 2, 3), shape: [3] });
    expect(
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    ).toEqual({ data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] });
    expect(tensor([[[[7]]]])).toEqual({ data: Float32Array.of(7), shape: [1, 1, 1, 1] });
    expect(tensor([])).toEqual({ data: new Float32Array(), shape: [0] });
    expect(tensor([[], []])).toEqual({ data: new Float32Array(), shape: [2, 0] });
    const { data } = tensor([0.1, -Infinity, Number.NaN, 1e39]);
    expect([...data]).toEqual([Math.fround(0.1), -Infinity, Number.NaN, Infinity]);
  });

  it("is what nested() of these tests undoes", () => {
    const x = createRandom(1).tensor([2, 3, 1, 4]);
    expect(tensor(nested(x))).toEqual(x);
  });

  it("a Float32Array is wrapped, anything else copied", () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    const wrapped = tensor(data, [2, 3]);
    expect(wrapped.data).toBe(data);
    expect(wrapped.shape).toEqual([2, 3]);
    expect(tensor(data.subarray(2, 4), [2]).data).toEqual(Float32Array.of(3, 4));
    for (const other of [
      [1, 2, 3, 4, 5, 6],
      Float64Array.from(data),
      Int32Array.from(data),
      { length: 6, 0: 1, 1: 2, 2: 3, 3: 4, 4: 5, 5: 6 },
    ])
      expect(tensor(other, [3, 2])).toEqual({ data, shape: [3, 2] });
    expect(tensor([7], [])).toEqual({ data: Float32Array.of(7), shape: [] });
    expect(tensor([], [2, 0])).toEqual({ data: new Float32Array(), shape: [2, 0] });
  });

  it("the shape is its own: changing the argument later changes nothing", () => {
    const shape = [2, 2];
    const x = tensor([1, 2, 3, 4], shape);
    shape[0] = 9;
    expect(x.shape).toEqual([2, 2]);
  });

  it("refuses ragged arrays and sizes that differ", () => {
    for (const ragged of [
      [[1, 2], [3]],
      [[1], []],
      [[[1]], [[1, 2]]],
      [[[1], [2]], [[1]]],
    ] as NestedNumbers[])
      expect(() => tensor(ragged)).toThrow(RangeError);
    for (const mixed of [[1, [2]], [[1], 2], [[[1]], [2]], ["1"], [null], [undefined]] as never[])
      expect(() => tensor(mixed)).toThrow(TypeError);
    for (const shape of [[5], [2, 2], [], [-6], [1.5, 4], [6, Number.NaN]])
      expect(() => tensor(new Float32Array(6), shape)).toThrow(RangeError);
    for (const wrong of [5, "abc", null, undefined, {}] as never[]) expect(() => tensor(wrong, [1])).toThrow(TypeError);
    for (const wrong of [5, "abc", null, undefined, {}, new Float32Array(2)] as never[])
      expect(() => tensor(wrong)).toThrow(TypeError);
    for (const wrong of ["3", 3, null, { 0: 3 }] as never[]) expect(() => tensor([1, 2, 3], wrong)).toThrow(TypeError);
  });
});
