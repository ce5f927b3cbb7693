// Passes over one row of f32: fill, scale, add, look. Knows numbers that lie one behind the other, nothing of what they mean.

/** Whether any of four lanes is NaN or Infinity, as a mask: x - x is 0 only where x is finite. */
@inline
export function not_finite(x: v128): v128 {
  return f32x4.ne(f32x4.sub(x, x), f32x4.splat(0));
}

/** n times x at p. */
export function fill_row(p: usize, n: i32, x: f32): void {
  const v = f32x4.splat(x);
  let j = 0;
  for (; j + 4 <= n; j += 4) {
    v128.store(p, v);
    p += 16;
  }
  for (; j < n; ++j) {
    store<f32>(p, x);
    p += 4;
  }
}

/** p *= by for n numbers, n a multiple of 4. */
export function scale_row(p: usize, n: i32, by: f32): void {
  const v = f32x4.splat(by);
  for (const end = p + (<usize>n << 2); p < end; p += 16) v128.store(p, f32x4.mul(v128.load(p), v));
}

/** Whether none of n numbers is NaN or Infinity. */
export function all_finite(p: usize, n: i32): bool {
  // As integers, positive f32 have the same order, with Infinity and NaN at its end.
  let largest = i32x4.splat(0);
  for (; n >= 8; n -= 8) {
    largest = i32x4.max_u(largest, i32x4.max_u(f32x4.abs(v128.load(p)), f32x4.abs(v128.load(p, 16))));
    p += 32;
  }
  for (; n > 0; --n) {
    largest = i32x4.max_u(largest, f32x4.abs(v128.load32_splat(p)));
    p += 4;
  }
  return v128.any_true(i32x4.ge_u(largest, f32x4.splat(Infinity))) == false;
}

/** to = by·from for n numbers. */
export function write_scaled(to: usize, from: usize, n: i32, by: f32): void {
  const v = f32x4.splat(by);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(to, f32x4.mul(v128.load(from), v));
    to += 16;
    from += 16;
  }
  for (; i < n; ++i) {
    store<f32>(to, load<f32>(from) * by);
    to += 4;
    from += 4;
  }
}

/** to += by·from for n numbers. */
export function add_scaled(to: usize, from: usize, n: i32, by: f32): void {
  const v = f32x4.splat(by);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(to, f32x4.add(v128.load(to), f32x4.mul(v128.load(from), v)));
    to += 16;
    from += 16;
  }
  for (; i < n; ++i) {
    store<f32>(to, load<f32>(to) + load<f32>(from) * by);
    to += 4;
    from += 4;
  }
}

/**
 * to += from for n numbers, of which `lost` keeps what rounding takes, for the next time; from = 0 (Kahan 1965). A sum
 * that is not finite has lost nothing that could be given back.
 */
export function carry_row(to: usize, from: usize, lost: usize, n: i32): void {
  for (let i = 0; i < n; i += 4) {
    const whole = i + 4 <= n;
    const before = whole ? v128.load(to) : v128.load32_splat(to);
    const x = f32x4.sub(whole ? v128.load(from) : v128.load32_splat(from), whole ? v128.load(lost) : v128.load32_splat(lost));
    const after = f32x4.add(before, x);
    const error = f32x4.sub(f32x4.sub(after, before), x);
    const kept = v128.and(error, f32x4.eq(error, error));
    if (whole) {
      v128.store(to, after);
      v128.store(lost, kept);
      v128.store(from, f32x4.splat(0));
      to += 16;
      from += 16;
      lost += 16;
    } else {
      v128.store32_lane(to, after, 0);
      v128.store32_lane(lost, kept, 0);
      store<f32>(from, 0);
      to += 4;
      from += 4;
      lost += 4;
      i -= 3;
    }
  }
}
