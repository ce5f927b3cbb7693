// Printing tensors as NumPy does.
import { tensor } from "@attn/core";
import { expect, it } from "vitest";
import { numpyPrint } from "../src/numpy.ts";

// Expected: what NumPy 2 prints for np.array(…, dtype=float).
it.each([
  [
    [
      [0.25, 0],
      [0, 1],
    ],
    "[[0.25 0.  ]\n [0.   1.  ]]",
  ],
  [
    [
      [1, -1],
      [10, 0.5],
    ],
    "[[ 1.  -1. ]\n [10.   0.5]]",
  ],
  [
    [
      [1, 0.85],
      [0.85, 1.7225],
    ],
    "[[1.     0.85  ]\n [0.85   1.7225]]",
  ],
  [[1, 2, 3], "[1. 2. 3.]"],
  [[[50, 7, 0]], "[[50.  7.  0.]]"],
])("%j", (values, text) => {
  expect(numpyPrint(tensor(values))).toBe(text);
});

it("shows no more digits than float32 has", () => {
  expect(numpyPrint(tensor([0.1, 1.21]))).toBe("[0.1  1.21]");
});

it("has no -0, as the notebook's integers have none", () => {
  expect(numpyPrint(tensor([-0, 0]))).toBe("[0. 0.]");
});
