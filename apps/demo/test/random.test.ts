// What seeds stand for. These numbers are in addresses that people have shared: they may not change, whatever makes them.
import { expect, it } from "vitest";
import { weightsOf } from "../src/lesson/projections.ts";
import { normals } from "../src/lesson/random.ts";
import { sequenceOf } from "../src/lesson/sequence.ts";

it.each([
  [-1, [0.6915469065237309, -0.5108864765995016, -0.21476060465564903, -0.6170083965258556]],
  [0, [0.10115367163359279, -0.13762022932028484, 0.5059217821412518, 0.6318993294944978]],
  [1, [1.1940122393402781, -1.3198855635315319, 0.2987050294595663, -1.635891552029519]],
  [9999, [-0.7408926249901028, -1.1029717371042682, 2.039855953872678, 0.33058213191209174]],
])("normal numbers of seed %i", (seed, expected) => {
  const normal = normals(seed);
  // Engines may differ in a logarithm's last bits; two decimals of it are kept.
  for (const x of expected) expect(normal()).toBeCloseTo(x, 12);
});

it.each([
  ["나는", 1, [-0.2, 0.5, -0.59, 0.15]],
  ["사과를", 1, [-0.53, 1.13, 1.24, 1.7]],
  ["apple", 1, [0.52, 0.47, -1.71, -1.35]],
  ["먹었다", 0, [1.71, -0.55, -0.08, 0]],
  ["나는", 9999, [0.17, 0.57, 1.33, -0.33]],
])("the vector of %s by seed %i", (word, seed, vector) => {
  expect(sequenceOf([word], 4, { kind: "random", seed }).vectors).toEqual([vector]);
});

it.each([
  [0, [0.07, -0.1, 0.36, 0.45], [0.51, 0.92, -0.12, 0.1], [0.8, 0.36, -0.48, -0.94], [-0.28, 0.51, 0.07, -0.19]],
  [1, [0.84, -0.93, 0.21, -1.16], [-0.04, 0.71, 0.34, 0.27], [0.54, -0.23, -0.35, 0.27], [-1.1, -0.5, -0.29, -1.21]],
  [9999, [-0.52, -0.78, 1.44, 0.23], [1.85, -1.42, 0.14, 0.02], [-0.19, -0.46, -0.31, 0.36], [0.05, -1.46, 0.52, 0.36]],
])("the projections of seed %i", (seed, ...expected) => {
  const { query, key, value, output } = weightsOf({ kind: "random", seed }, 2);
  expect([query, key, value, output].map((weight) => weight.flat())).toEqual(expected);
});
