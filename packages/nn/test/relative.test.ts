// T5's buckets of distances.
import { relativeBucket as reference } from "@attn/conformance";
import { describe, expect, it } from "vitest";
import { relativeBucket } from "../src/models/relative.ts";

const bias = (buckets: number, maximumDistance: number, bidirectional: boolean) => ({
  table: { shape: [buckets, 1], exact: true, sources: [] },
  maximumDistance,
  bidirectional,
});

it("begin at the distances that T5's own table has", () => {
  const two = bias(32, 128, true);
  const starts = [8, 12, 16, 23, 32, 46, 64, 91];
  for (const [i, start] of starts.entries()) {
    expect(relativeBucket(-start, two), `${start}`).toBe(8 + i);
    expect(relativeBucket(1 - start, two), `${start - 1}`).toBe(7 + i);
    expect(relativeBucket(start, two)).toBe(24 + i);
  }
  expect([-1e6, -7, -1, 0, 1, 7, 1e6].map((x) => relativeBucket(x, two))).toEqual([15, 7, 1, 0, 17, 23, 31]);
});

it("of a decoder are all for the past", () => {
  const past = bias(32, 128, false);
  expect([5, 1, 0, -1, -15, -16, -1e6].map((x) => relativeBucket(x, past))).toEqual([0, 0, 0, 1, 15, 16, 31]);
});

it("whose logarithms have no room go back, as transformers' formula does", () => {
  // 16 + trunc(16·ln(21/16)/ln(9/16)), with maximumDistance below the 16 distances that have buckets of their own.
  expect(relativeBucket(-21, bias(32, 9, false))).toBe(9);
});

describe.each([true, false])("bidirectional %s", (bidirectional) => {
  it.each([
    [32, 128],
    [8, 20],
    [8, 128],
    [64, 1000],
    [4, 3],
  ])("%d buckets up to %d are the reference's", (buckets, maximumDistance) => {
    for (let distance = -300; distance <= 300; distance++) {
      // Where the quotient is whole, one logarithm may fall short of it, and the reference has no nudge.
      const options = { buckets, bidirectional, maximumDistance };
      const got = relativeBucket(distance, bias(buckets, maximumDistance, bidirectional));
      const nudged = reference(distance, { ...options, maximumDistance: maximumDistance * (1 - 1e-9) });
      expect(got, `${distance}`).toBe(nudged);
    }
  });
});
