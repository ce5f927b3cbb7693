// Writes tokens into a cache in the format it keeps. What reads them back is formats.ts.

/** f32 → f16 bits, rounding to nearest even; past 65504 it is Infinity, a NaN stays one. */
@inline
function half_bits(x: f32): u16 {
  const bits = reinterpret<u32>(x), sign = (bits >> 16) & 0x8000, magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x47800000) return <u16>(sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00));
  // Adding a number 2¹³ times as large rounds the lower bits away, as the hardware rounds: for normals by the bits
  // themselves, for what becomes a denormal by adding ½, whose unit in the last place is 2⁻²⁴.
  if (magnitude < 0x38800000) return <u16>(sign | (reinterpret<u32>(reinterpret<f32>(magnitude) + 0.5) - 0x3f000000));
  return <u16>(sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13));
}

/** n numbers as f16. Returns whether all of them are finite there. */
export function encode_f16(to: usize, from: usize, n: i32): bool {
  let largest: u16 = 0;
  for (; n > 0; --n) {
    const bits = half_bits(load<f32>(from));
    largest = max(largest, bits & 0x7fff);
    store<u16>(to, bits);
    to += 2;
    from += 4;
  }
  return largest < 0x7c00;
}

const LARGEST_SCALE: f32 = 2.6793883890187504e+36;

/**
 * `tokens` rows of n numbers as int8, each with its own scale: scale = largest magnitude / 127, code = round(x/scale).
 * A row of zeros has the scale 0; a row with a NaN or an Infinity reads back as NaN.
 */
export function encode_int8(to: usize, scales: usize, from: usize, tokens: i32, n: i32): void {
  for (; tokens > 0; --tokens) {
    let largest: f32 = 0;
    for (let i = 0; i < n; ++i) largest = max(largest, abs(load<f32>(from + (<usize>i << 2))));
    // The largest f32 of all has a scale that is rounded up: times 127 it would read back as Infinity.
    const scale: f32 = largest < Infinity ? min<f32>(largest / 127, LARGEST_SCALE) : NaN;
    store<f32>(scales, scale);
    for (let i = 0; i < n; ++i) {
      // A scale that is denormal may be rounded so far down that a code passes 127.
      const code: f32 = scale > 0 ? nearest(load<f32>(from) / scale) : 0;
      store<i8>(to, <i8>max<f32>(-127, min<f32>(127, code)));
      ++to;
      from += 4;
    }
    scales += 4;
  }
}
