// Reading a file as it arrives: the same tensors and the same errors, whatever the pieces.
import { createRandom } from "@attn/conformance";
import { readSafetensors, writeSafetensors } from "@attn/nn";
import { describe, expect, it } from "vitest";
import { Parser } from "../src/weights/parser.ts";
import { Collector, file, one, pieces } from "./files.ts";

const random = createRandom(11);
const bytes = writeSafetensors(
  new Map([
    ["scalar", random.tensor([])],
    ["vector", random.tensor([7])],
    ["none", random.tensor([3, 0])],
    ["matrix", random.tensor([5, 3])],
    ["many", random.tensor([2, 3, 4])],
  ]),
  { format: "pt" },
);

function parse(pieces: Iterable<Uint8Array>, collector = new Collector()): Collector {
  const parser = new Parser("loadModel", collector);
  for (const piece of pieces) parser.push(piece);
  parser.end();
  return collector;
}

describe.each([[[1]], [[2]], [[3]], [[7, 1, 13]], [[64]], [[1000]], [[4, 400]]])("in pieces of %j bytes", (lengths) => {
  it.each([1, 2, 4, 100])("and blocks of %d rows, the tensors are those of the whole file", (block) => {
    const { tensors, calls } = parse(pieces(bytes, ...lengths), new Collector({ block }));
    const whole = readSafetensors(bytes);
    expect(tensors.size).toBe(whole.size);
    for (const [name, tensor] of whole) expect(tensors.get(name)?.bytes, name).toEqual(tensor.bytes);
    for (const { name, row, bytes } of calls) {
      const { shape } = whole.get(name) as { shape: readonly number[] };
      const rowBytes = 4 * (shape.at(-1) ?? 1);
      const rows = (whole.get(name)?.bytes.length as number) / rowBytes;
      // Whole blocks, but for the last of a tensor.
      expect(row % block).toBe(0);
      if (row + bytes / rowBytes < rows) expect((bytes / rowBytes) % block).toBe(0);
    }
  });
});

it("hands on a piece's rows together, and copies only the block that a piece ends within", () => {
  const bytes = file({ a: { dtype: "U8", shape: [10, 4], data_offsets: [0, 40] } }, 40);
  const { calls } = parse(pieces(bytes, bytes.length - 40 + 18, 100));
  expect(calls.map(({ row, bytes }) => [row, bytes])).toEqual([
    [0, 16],
    [4, 4],
    [5, 20],
  ]);
});

it("does not hold what a length announces", () => {
  const parser = new Parser("loadModel", new Collector());
  const start = new Uint8Array(1000);
  new DataView(start.buffer).setBigUint64(0, 100_000_000n, true);
  parser.push(start);
  expect(() => parser.end()).toThrow("must hold its header of 100000000 bytes, got 992 bytes");
});

it("takes no data that nobody wants", () => {
  const collector = parse(pieces(bytes, 100), new Collector({ wanted: false }));
  expect([collector.tensors.size, collector.calls.length]).toEqual([5, 0]);
});

it("says how long the file is, once the header is there", () => {
  const parser = new Parser("loadModel", new Collector());
  parser.push(bytes.subarray(0, 20));
  expect(parser.size).toBeUndefined();
  parser.push(bytes.subarray(20, bytes.length - 1));
  expect(parser.size).toBe(bytes.length);
});

describe.each([1, 5, 1000])("in pieces of %d bytes, refuses", (length) => {
  it.each([
    ["a file that ends in its length", bytes.subarray(0, 3), "must begin with 8 bytes of header length, got 3 bytes"],
    ["a file that ends in its header", bytes.subarray(0, 30), "must hold its header of"],
    ["a file that ends in a tensor", file(one(), 7), 'tensor "a" must have 8 bytes, got 7 and the file\'s end'],
    ["a file without its data", file(one()), 'tensor "a" must have 8 bytes, got 0 and the file\'s end'],
    ["bytes behind the last tensor", file(one(), 9), "the file must end with its last tensor"],
    ["bytes where there is no tensor", file("{}", 1), "the file must end with its last tensor"],
    ["a header of no bytes", file(""), 'the header must have "{"'],
    ["a gap", file({ a: { dtype: "U8", shape: [1], data_offsets: [1, 2] } }, 2), 'tensor "a" must begin at byte 0'],
    ["a page", new TextEncoder().encode("<!DOCTYPE html>"), "got text"],
  ])("%s", (_, bytes, message) => {
    expect(() => parse(pieces(bytes, length))).toThrow(RangeError);
    expect(() => parse(pieces(bytes, length))).toThrow(message);
  });
});
