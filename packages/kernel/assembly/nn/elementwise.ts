// Passes over numbers one behind the other, by fours and then one by one. Knows numbers, not what they mean.

/** to = a + b for n numbers. */
export function add_rows(to: usize, a: usize, b: usize, n: i32): void {
  for (const end = a + (<usize>(n & ~3) << 2); a < end; a += 16) {
    v128.store(to, f32x4.add(v128.load(a), v128.load(b)));
    b += 16;
    to += 16;
  }
  for (n &= 3; n > 0; --n) {
    store<f32>(to, load<f32>(a) + load<f32>(b));
    a += 4;
    b += 4;
    to += 4;
  }
}

/** to = a·b for n numbers. */
export function multiply_rows(to: usize, a: usize, b: usize, n: i32): void {
  for (const end = a + (<usize>(n & ~3) << 2); a < end; a += 16) {
    v128.store(to, f32x4.mul(v128.load(a), v128.load(b)));
    b += 16;
    to += 16;
  }
  for (n &= 3; n > 0; --n) {
    store<f32>(to, load<f32>(a) * load<f32>(b));
    a += 4;
    b += 4;
    to += 4;
  }
}

/** to = (x - shift)·scale for n numbers. */
export function shift_and_scale(to: usize, x: usize, n: i32, shift: f32, scale: f32): void {
  const s = f32x4.splat(shift), f = f32x4.splat(scale);
  for (const end = x + (<usize>(n & ~3) << 2); x < end; x += 16) {
    v128.store(to, f32x4.mul(f32x4.sub(v128.load(x), s), f));
    to += 16;
  }
  for (n &= 3; n > 0; --n) {
    store<f32>(to, (load<f32>(x) - shift) * scale);
    x += 4;
    to += 4;
  }
}
