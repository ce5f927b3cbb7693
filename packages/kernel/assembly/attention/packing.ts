// Packs the keys and values of one group into the panels that the micro-kernel reads. Computes nothing with them.
import { AttentionArguments, Format } from "./arguments";
import { Group } from "./group";
import { widen_rows } from "../lib/formats";
import { pack_columns, pack_rows } from "../lib/pack";
import { KC } from "../lib/sizes";

/** Packs the group's visible K and V; notes the blocks of keys where v is not finite. */
export function pack_group(a: AttentionArguments, g: Group): void {
  const h = <usize>g.keyValueHead, b = <usize>g.batch;
  const key = a.key + b * a.keyBatchStride + h * a.keyHeadStride;
  const value = a.value + b * a.valueBatchStride + h * a.valueHeadStride;
  const scales = b * a.scaleBatchStride + h * a.scaleHeadStride;
  for (let j = g.first; j < g.last; j += KC) {
    const n = min(KC, g.last - j), J = <usize>j;
    const keyScales = a.keyScales + scales + (J << 2), valueScales = a.valueScales + scales + (J << 2);
    const keyPanels = g.keyPanels + ((J * <usize>a.headSize) << 2), k = key + J * a.keyStride;
    const valuePanels = g.valuePanels + (J << 5), v = value + J * a.valueStride;
    let nonFinite = false;
    if (a.format == Format.F32) {
      pack_columns(keyPanels, k, a.keyStride, n, a.headSize);
      if (a.value) nonFinite = pack_rows(valuePanels, g.valuePanel, v, a.valueStride, n, a.valueSize);
    } else {
      // One panel of keys at a time is made f32 where query and output, which come later, have their place.
      for (let i = 0; i < n; i += 8) {
        const rows = min(8, n - i), I = <usize>i;
        widen(a, g.query, k + I * a.keyStride, a.keyStride, rows, a.headSize, keyScales + (I << 2), g.table);
        pack_columns(keyPanels + ((I * <usize>a.headSize) << 2), g.query, <usize>a.headSize << 2, rows, a.headSize);
        if (a.value == 0) continue;
        widen(a, g.output, v + I * a.valueStride, a.valueStride, rows, a.valueSize, valueScales + (I << 2), g.table);
        if (pack_rows(valuePanels + (I << 5), g.valuePanel, g.output, <usize>a.valueSize << 2, rows, a.valueSize)) nonFinite = true;
      }
    }
    store<bool>(g.nonFinite + <usize>(j / KC), nonFinite);
  }
}

function widen(a: AttentionArguments, to: usize, from: usize, stride: usize, rows: i32, n: i32, scales: usize, table: usize): void {
  if (a.format == Format.INT8) widen_rows<i8>(to, from, stride, rows, n, scales, table);
  else widen_rows<u16>(to, from, stride, rows, n, scales, table);
}
