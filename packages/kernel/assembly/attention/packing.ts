// Packs the keys and values of one group into the panels that the micro-kernel reads, and makes f32 of stored formats on the
// way. Computes nothing with them.
import { AttentionArguments, Format } from "./arguments";
import { Group } from "./group";
import { widen_rows } from "../lib/formats";
import { pack_columns, pack_rows } from "../lib/pack";
import { KC } from "../lib/sizes";

/** Packs the group's visible K and V; notes the blocks of keys where v is not finite. */
export function pack_group(a: AttentionArguments, g: Group): void {
  // One panel of keys at a time is made f32 where query and output, which come later, have their place.
  for (let j = g.first; j < g.last; j += KC) {
    const n = min(KC, g.last - j);
    pack_keys(a, g, g.keyPanels + ((<usize>j * <usize>a.headSize) << 2), j, n, g.query);
    store<bool>(g.nonFinite + <usize>(j / KC), a.value != 0 && pack_values(a, g, j, n, g.output));
  }
}

/** Panels of n keys from key j; `buffer` is room for 8 of them as f32. */
export function pack_keys(a: AttentionArguments, g: Group, panels: usize, j: i32, n: i32, buffer: usize): void {
  const D = a.headSize, k = key_at(a, g, j);
  if (a.format == Format.F32) {
    pack_columns(panels, k, a.keyStride, n, D);
    return;
  }
  const scales = scales_at(a, g, a.keyScales, j);
  for (let i = 0; i < n; i += 8) {
    const rows = min(8, n - i), I = <usize>i;
    widen(a, buffer, k + I * a.keyStride, a.keyStride, rows, D, scales + (I << 2), g.table);
    pack_columns(panels + ((I * <usize>D) << 2), buffer, <usize>D << 2, rows, D);
  }
}

/** Panels of n values from key j, in the group's place for them; whether one of them is not finite. */
function pack_values(a: AttentionArguments, g: Group, j: i32, n: i32, buffer: usize): bool {
  const Dv = a.valueSize, v = value_at(a, g, j), panels = g.valuePanels + (<usize>j << 5);
  if (a.format == Format.F32) return pack_rows(panels, g.valuePanel, v, a.valueStride, n, Dv);
  const scales = scales_at(a, g, a.valueScales, j);
  let nonFinite = false;
  for (let i = 0; i < n; i += 8) {
    const rows = min(8, n - i), I = <usize>i;
    widen(a, buffer, v + I * a.valueStride, a.valueStride, rows, Dv, scales + (I << 2), g.table);
    if (pack_rows(panels + (I << 5), g.valuePanel, buffer, <usize>Dv << 2, rows, Dv)) nonFinite = true;
  }
  return nonFinite;
}

function widen(a: AttentionArguments, to: usize, from: usize, stride: usize, rows: i32, n: i32, scales: usize, table: usize): void {
  if (a.format == Format.INT8) widen_rows<i8>(to, from, stride, rows, n, scales, table);
  else widen_rows<u16>(to, from, stride, rows, n, scales, table);
}

/** Where the group's key j lies as it is stored. */
@inline
export function key_at(a: AttentionArguments, g: Group, j: i32): usize {
  return a.key + <usize>g.batch * a.keyBatchStride + <usize>g.keyValueHead * a.keyHeadStride + <usize>j * a.keyStride;
}

@inline
export function value_at(a: AttentionArguments, g: Group, j: i32): usize {
  return a.value + <usize>g.batch * a.valueBatchStride + <usize>g.keyValueHead * a.valueHeadStride + <usize>j * a.valueStride;
}

/** Where the scale of the group's token j lies, for one of the two arrays of scales. */
@inline
export function scales_at(a: AttentionArguments, g: Group, scales: usize, j: i32): usize {
  return scales + <usize>g.batch * a.scaleBatchStride + <usize>g.keyValueHead * a.scaleHeadStride + (<usize>j << 2);
}
