// Passes over one row of f32: fill, scale, add. Knows numbers that lie one behind the other, nothing of what they mean.

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
