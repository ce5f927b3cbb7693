// What tells a model where a token stands: tables of sines and cosines, made in f64; rotary positions; rows of T5's bias.
import { exponential, ln, sine_of } from "./trigonometry";

/** to[i] = theta^(-2i/dimensions) for i < count, as f64: radians a position of each pair of dimensions. */
export function frequencies_f64(to: usize, count: i32, dimensions: f64, theta: f64): void {
  const step = (-2 * ln(theta)) / dimensions;
  for (let i = 0; i < count; ++i) store<f64>(to + (<usize>i << 3), exponential(step * <f64>i));
}

/**
 * Sines and cosines of position·frequency, as f32, for `rows` positions: those of `positions` [rows] f64, or start, start + 1 …
 * where it is absent. A row has `sineCount` sines from `sines` on and `cosineCount` cosines from `cosines` on, `step` bytes from
 * one to the next; rows are `stride` bytes apart. Angles below 1.6e6.
 */
export function sinusoids_f32(
  sines: usize, sineCount: i32, cosines: usize, cosineCount: i32, step: usize, stride: usize, rows: i32,
  frequencies: usize, start: f64, positions: usize,
): void {
  for (let row = 0; row < rows; ++row) {
    const position = positions ? load<f64>(positions + (<usize>row << 3)) : start + <f64>row;
    write_waves(sines, sineCount, step, frequencies, position, 0);
    write_waves(cosines, cosineCount, step, frequencies, position, 1);
    sines += stride;
    cosines += stride;
  }
}

function write_waves(to: usize, count: i32, step: usize, frequencies: usize, position: f64, quarters: i32): void {
  for (; count > 0; --count) {
    store<f32>(to, <f32>sine_of(position * load<f64>(frequencies), quarters));
    to += step;
    frequencies += 8;
  }
}

/**
 * Turns pairs of numbers in place: x [rows, heads, …], of which the first 2·pairs turn, by the table [rows, 2·pairs] that has
 * `pairs` cosines and then as many sines a row. A pair (a, b) is i and i + pairs, or with `interleaved` 2i and 2i + 1; it becomes
 * (a·cos - b·sin, b·cos + a·sin).
 */
export function rope_f32(
  x: usize, rowStride: usize, headStride: usize, rows: i32, heads: i32, pairs: i32, interleaved: bool, table: usize,
): void {
  const size = <usize>pairs << 2;
  for (; rows > 0; --rows) {
    let head = x;
    for (let h = heads; h > 0; --h) {
      if (interleaved) turn_neighbours(head, pairs, table, table + size);
      else turn_halves(head, head + size, pairs, table, table + size);
      head += headStride;
    }
    x += rowStride;
    table += size << 1;
  }
}

function turn_halves(a: usize, b: usize, pairs: i32, cosines: usize, sines: usize): void {
  for (const end = a + (<usize>(pairs & ~3) << 2); a < end; a += 16) {
    const v = v128.load(a), w = v128.load(b), c = v128.load(cosines), s = v128.load(sines);
    v128.store(a, f32x4.sub(f32x4.mul(v, c), f32x4.mul(w, s)));
    v128.store(b, f32x4.add(f32x4.mul(w, c), f32x4.mul(v, s)));
    b += 16;
    cosines += 16;
    sines += 16;
  }
  for (pairs &= 3; pairs > 0; --pairs) {
    turn(a, b, cosines, sines);
    a += 4;
    b += 4;
    cosines += 4;
    sines += 4;
  }
}

function turn_neighbours(x: usize, pairs: i32, cosines: usize, sines: usize): void {
  for (const end = x + (<usize>(pairs & ~3) << 3); x < end; x += 32) {
    const p = v128.load(x), q = v128.load(x, 16), c = v128.load(cosines), s = v128.load(sines);
    const v = v128.shuffle<f32>(p, q, 0, 2, 4, 6), w = v128.shuffle<f32>(p, q, 1, 3, 5, 7);
    const a = f32x4.sub(f32x4.mul(v, c), f32x4.mul(w, s)), b = f32x4.add(f32x4.mul(w, c), f32x4.mul(v, s));
    v128.store(x, v128.shuffle<f32>(a, b, 0, 4, 1, 5));
    v128.store(x, v128.shuffle<f32>(a, b, 2, 6, 3, 7), 16);
    cosines += 16;
    sines += 16;
  }
  for (pairs &= 3; pairs > 0; --pairs) {
    turn(x, x + 4, cosines, sines);
    x += 8;
    cosines += 4;
    sines += 4;
  }
}

@inline
function turn(a: usize, b: usize, cosine: usize, sine: usize): void {
  const v = load<f32>(a), w = load<f32>(b), c = load<f32>(cosine), s = load<f32>(sine);
  store<f32>(a, v * c - w * s);
  store<f32>(b, w * c + v * s);
}

/**
 * T5's bias of `count` distances for each of `heads` heads: to[h, i] = table[buckets[i], h]. A row of `to` is `stride` bytes; the
 * bias of query i and key j is that of distance j - i, so each query reads the same row from another place on.
 */
export function relative_bias_f32(to: usize, stride: usize, table: usize, heads: i32, buckets: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count; ++i) {
    const row = table + ((<usize>load<i32>(buckets + (i << 2)) * <usize>heads) << 2);
    let p = to + (i << 2);
    for (let h: usize = 0; h < <usize>heads; ++h, p += stride) store<f32>(p, load<f32>(row + (h << 2)));
  }
}
