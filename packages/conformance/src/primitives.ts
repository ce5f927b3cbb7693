// Matrix product and softmax in float64: the two operations that attention is made of, alone.

import { at, broadcast, checkArray, type NumericArray, type RealArray, sizeOf } from "./array.ts";

export interface MatmulReferenceOptions {
  /** Reads b as [..., N, K]. */
  transposeB?: boolean | undefined;
  /** Added to the product; broadcast from the right to its shape. */
  bias?: NumericArray | undefined;
}

/** The product, and |Σ_k a_k·b_k| + √Σ_k (a_k·b_k)² + |bias|, element by element: what a tolerance is relative to. */
export interface MatmulReference extends RealArray {
  readonly condition: Float64Array;
}

/** The shape that two shapes broadcast to, aligned from the right. */
function commonShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) throw new RangeError(`[${a}] and [${b}] do not broadcast`);
    return left === 1 ? right : left;
  });
}

/**
 * a [..., M, K] · b [..., K, N] (transposeB: b [..., N, K]) + bias → [..., M, N]. Leading dimensions broadcast.
 * K = 0 gives zeros, or the bias. Ranks below 2 throw.
 */
export function referenceMatmul(
  a: NumericArray,
  b: NumericArray,
  options: MatmulReferenceOptions = {},
): MatmulReference {
  if (a.shape.length < 2 || b.shape.length < 2)
    throw new RangeError(`ranks of [${a.shape}] and [${b.shape}], expected 2 or more`);
  const [M, K] = [at(a.shape, a.shape.length - 2), at(a.shape, a.shape.length - 1)];
  const [outer, inner] = [at(b.shape, b.shape.length - 2), at(b.shape, b.shape.length - 1)];
  const [bK, N] = options.transposeB ? [inner, outer] : [outer, inner];
  if (K !== bK) throw new RangeError(`a [${a.shape}] has K = ${K}, b [${b.shape}] ${bK}`);
  const lead = commonShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const left = broadcast("a", a, [...lead, M, K]).data;
  const right = broadcast("b", b, [...lead, outer, inner]).data;
  const shape = [...lead, M, N];
  const bias = options.bias && broadcast("bias", options.bias, shape).data;

  const data = new Float64Array(sizeOf(shape));
  const condition = new Float64Array(data.length);
  for (let matrix = 0; matrix < sizeOf(lead); matrix++) {
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let sum = 0;
        let squares = 0;
        for (let k = 0; k < K; k++) {
          const element = options.transposeB ? (matrix * N + n) * K + k : (matrix * K + k) * N + n;
          const product = at(left, (matrix * M + m) * K + k) * at(right, element);
          sum += product;
          squares += product ** 2;
        }
        const cell = (matrix * M + m) * N + n;
        const added = bias ? at(bias, cell) : 0;
        data[cell] = sum + added;
        condition[cell] = Math.abs(sum) + Math.sqrt(squares) + Math.abs(added);
      }
    }
  }
  return { data, shape, condition };
}

/**
 * exp(x - max) / Σ exp(x - max) over the last dimension. A row of -Infinity gives zeros; a NaN or a +Infinity makes
 * its whole row NaN, as IEEE 754 arithmetic on the formula does.
 */
export function referenceSoftmax(x: NumericArray): RealArray {
  checkArray("x", x);
  const width = at(x.shape, x.shape.length - 1);
  const data = new Float64Array(x.data.length);
  for (let start = 0; start < data.length; start += width) {
    let largest = -Infinity;
    for (let i = 0; i < width; i++) largest = Math.max(largest, at(x.data, start + i));
    if (largest === -Infinity) continue;
    let sum = 0;
    for (let i = 0; i < width; i++) sum += Math.exp(at(x.data, start + i) - largest);
    for (let i = 0; i < width; i++) data[start + i] = Math.exp(at(x.data, start + i) - largest) / sum;
  }
  return { data, shape: x.shape };
}
