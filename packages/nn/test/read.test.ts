// Reading a whole file: each way in which a header can be wrong, and what must be read all the same.
import { readSafetensors, type StoredTensor } from "@attn/nn";
import { describe, expect, it } from "vitest";
import { file, one } from "./files.ts";

const entry = (begin: number, end: number): object => ({
  dtype: "U8",
  shape: [end - begin],
  data_offsets: [begin, end],
});

describe("what is refused, with the tensor's name and what is wrong", () => {
  const cases: [why: string, file: Uint8Array, message: string][] = [
    ["no bytes", new Uint8Array(0), "the file must begin with 8 bytes of header length, got 0 bytes"],
    ["seven bytes", new Uint8Array(7), "got 7 bytes"],
    ["a length alone", file("{}").slice(0, 8), "must hold its header of 2 bytes, got 0 bytes"],
    ["a length that passes the file by one", file(one(), 8).slice(0, 60), "must hold its header"],
    [
      "a length past any header's",
      new Uint8Array(8).fill(255),
      "at most 100000000 bytes, got a length of 18446744073709551615",
    ],
    ["a page", new TextEncoder().encode("<!DOCTYPE html>"), 'must be in the safetensors format, got text: "<!DOCTYP"'],
    ["a pointer of Git LFS", new TextEncoder().encode("version https://git-lfs"), 'got text: "version "'],
    ["no header", file(""), 'the header must have "{", got the end'],
    ["a list", file("[]"), 'must have "{", got "[]"'],
    ["a space first", file(" {}"), 'must have "{"'],
    ["a byte order mark first", file("\ufeff{}"), 'must have "{"'],
    ["two objects", file("{}{}"), 'spaces alone behind its object, got "{}"'],
    [
      "a comma too many",
      file('{"a":{"dtype":"U8","shape":[0,],"data_offsets":[0,0]}}'),
      'tensor "a" must have a list of integers',
    ],
    ["a name without quotes", file("{a:1}"), 'must have a name, got "a:1}"'],
    ["a name that does not end", file(`{"${"\\".repeat(99)}"`), "must have a name"],
    ["a control character in a name", file('{"\n":1}'), "must have a name"],
    ["half a surrogate pair", file('{"\\ud800":1}'), "must have names in Unicode"],
    ["no UTF-8", Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0x7d), "must have a header in UTF-8"],
    ["a value that is null", file('{"a":null}'), 'tensor "a" must have "{", got "null}"'],
    ["nesting 100,000 deep", file(`{"a":${"[".repeat(100_000)}`), 'tensor "a" must have "{"'],
    ["a shape 100,000 deep", file(`{"a":{"shape":${"[".repeat(100_000)}`), 'tensor "a" must have a list of integers'],
    ["no dtype", file(one({ dtype: undefined }), 8), 'tensor "a" must have dtype, shape and data_offsets'],
    ["no shape", file(one({ shape: undefined }), 8), 'tensor "a" must have dtype, shape and data_offsets'],
    ["no offsets", file(one({ data_offsets: undefined }), 8), 'tensor "a" must have dtype, shape and data_offsets'],
    ["a field that the format does not have", file(one({ stride: [1] }), 8), 'alone, got "stride"'],
    ["an unknown type", file(one({ dtype: "F8_E4M3" }), 8), 'tensor "a" must have a dtype of BOOL, U8'],
    ["a type in lower case", file(one({ dtype: "f32" }), 8), 'got "f32"'],
    ["a name of every object as type", file(one({ dtype: "constructor" }), 8), 'got "constructor"'],
    ["a number as type", file(one({ dtype: 1 }), 8), "a string as dtype"],
    ["a number as shape", file(one({ shape: 2 }), 8), "a list of integers from 0 to 2^53-1 as shape"],
    ["a negative shape", file(one({ shape: [-1, -2] }), 8), "a list of integers"],
    ["minus zero", file('{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}'), "a list of integers"],
    ["a fraction", file(one({ shape: [0.5, 4] }), 8), "a list of integers"],
    ["an exponent", file('{"a":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}', 8), "a list of integers"],
    ["a leading zero", file('{"a":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}', 8), "a list of integers"],
    ["a string in a shape", file(one({ shape: ["2"] }), 8), "a list of integers"],
    ["2^53", file('{"a":{"dtype":"F32","shape":[0,9007199254740992],"data_offsets":[0,0]}}'), "a list of integers"],
    [
      "a product that is 0 in 32 bits",
      file(one({ shape: [65536, 65536], data_offsets: [0, 0] })),
      "must have 17179869184 bytes",
    ],
    ["a product that is 0 in 64 bits", file(one({ shape: [2 ** 32, 2 ** 32], data_offsets: [0, 0] })), "bytes for F32"],
    [
      "a product past all doubles",
      file(one({ shape: Array(40).fill(2 ** 52), data_offsets: [0, 0] })),
      "must have Infinity bytes",
    ],
    [
      "too few bytes for the shape",
      file(one({ shape: [3] }), 8),
      'tensor "a" must have 12 bytes for F32 [3], got data_offsets [0, 8]',
    ],
    ["a scalar of two", file(one({ shape: [] }), 8), "must have 4 bytes for F32 []"],
    ["one offset", file(one({ data_offsets: [8] }), 8), "must have data_offsets [begin, end], got [8]"],
    ["three offsets", file(one({ data_offsets: [0, 8, 8] }), 8), "got [0, 8, 8]"],
    ["the end before the begin", file(one({ data_offsets: [8, 0] }), 8), "got [8, 0]"],
    ["past the end of the file", file(one(), 7), 'tensor "a" must end within the file\'s 7 bytes of data, got 8'],
    ["a byte too many", file(one(), 9), "the file must end with its last tensor, at byte 8 of the data, got 9 bytes"],
    ["data and no tensor", file("{}", 1), "must end with its last tensor, at byte 0"],
    ["a gap", file({ a: entry(0, 2), b: entry(3, 4) }, 4), 'tensor "b" must begin at byte 2'],
    ["a gap in front", file({ a: entry(1, 2) }, 2), 'tensor "a" must begin at byte 0'],
    [
      "an overlap",
      file({ b: entry(1, 3), a: entry(0, 2) }, 3),
      'tensor "b" must begin at byte 2 of the data or later, behind "a", got 1',
    ],
    ["the same bytes twice", file({ a: entry(0, 2), b: entry(0, 2) }, 2), 'tensor "b" must begin at byte 2'],
    [
      "a name twice",
      file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
      'tensor "a" must be there once',
    ],
    [
      "a name twice, once escaped",
      file(
        '{"ab":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a\\u0062":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
      'tensor "ab" must be there once',
    ],
    [
      "a field twice",
      file('{"a":{"dtype":"U8","shape":[1],"shape":[0],"data_offsets":[0,0]}}'),
      'tensor "a" must have one "shape", got two',
    ],
    ["metadata in a list", file('{"__metadata__":[]}'), 'tensor "__metadata__" must have "{"'],
    ["metadata that are numbers", file('{"__metadata__":{"a":1}}'), 'tensor "__metadata__" must have strings alone'],
    ["metadata twice", file('{"__metadata__":{},"__metadata__":{}}'), 'tensor "__metadata__" must be there once'],
  ];
  it.each(cases)("%s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(RangeError);
    expect(() => readSafetensors(bytes)).toThrow(message);
    expect(() => readSafetensors(bytes)).toThrow(/^readSafetensors: (the file|the header|tensor ".*") (must|has)/);
  });

  it.each([[undefined], [null], ["file"], [[1, 2]], [new Float32Array(4)]])("%s is no file", (x) => {
    expect(() => readSafetensors(x as unknown as Uint8Array)).toThrow(TypeError);
    expect(() => readSafetensors(x as unknown as Uint8Array)).toThrow(
      'readSafetensors: "bytes" must be an ArrayBuffer or a Uint8Array',
    );
  });
});

describe("what is read", () => {
  const read = (bytes: Uint8Array): [string, StoredTensor][] => [...readSafetensors(bytes)];
  const scalar = { dtype: "U8", shape: [], data_offsets: [0, 1] };

  it.each(["", "__proto__", "constructor", "é 模型 🤗", 'a"b\\c', "\\", "\u007f"])("a tensor named %j", (name) => {
    expect(read(file(`{${JSON.stringify(name)}:${JSON.stringify(scalar)}}`, 1))).toEqual([
      [name, { dtype: "U8", shape: [], bytes: Uint8Array.of(0) }],
    ]);
  });

  it("no tensors, also with metadata", () => {
    expect(read(file("{}"))).toEqual([]);
    expect(read(file('{ "__metadata__" : { "format" : "pt", "" : "" } } \n '))).toEqual([]);
  });

  it("tensors of no bytes, before, between and behind others", () => {
    const none = (begin: number) => ({ dtype: "F32", shape: [3, 0], data_offsets: [begin, begin] });
    const names = read(
      file({ c: none(2), a: none(0), b: { dtype: "I16", shape: [1], data_offsets: [0, 2] }, d: none(2) }, 2),
    );
    expect(names.map(([name, x]) => [name, x.bytes.length])).toEqual([
      ["c", 0],
      ["a", 0],
      ["b", 2],
      ["d", 0],
    ]);
  });

  it("in the header's order, as views of the file, wherever they lie", () => {
    const bytes = file({ b: entry(1, 3), a: entry(0, 1) }, [7, 8, 9]);
    const apart = new Uint8Array(bytes.length + 3);
    apart.set(bytes, 3);
    const tensors = readSafetensors(apart.subarray(3));
    expect([...tensors.keys()]).toEqual(["b", "a"]);
    expect(tensors.get("b")?.bytes).toEqual(Uint8Array.of(8, 9));
    expect(tensors.get("b")?.bytes.buffer).toBe(apart.buffer);
    apart[apart.length - 1] = 5;
    expect(tensors.get("b")?.bytes[1]).toBe(5);
  });

  it("an ArrayBuffer, and a Buffer, whose views are plain", () => {
    const bytes = file(one(), 8);
    expect(readSafetensors(bytes.buffer as ArrayBuffer).get("a")?.bytes).toEqual(
      Uint8Array.from({ length: 8 }, (_, i) => i),
    );
    expect(Object.getPrototypeOf(readSafetensors(Buffer.from(bytes)).get("a")?.bytes)).toBe(Uint8Array.prototype);
  });

  it("memory that other threads share", () => {
    const bytes = file(one(), 8);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    expect(readSafetensors(shared).get("a")?.bytes.buffer).toBe(shared.buffer);
  });

  it("a header of 200,000 tensors, in time that grows with it alone", () => {
    const names = Array.from({ length: 200_000 }, (_, i) => [
      `layer.${i}.weight`,
      { dtype: "U8", shape: [0], data_offsets: [0, 0] },
    ]);
    expect(readSafetensors(file(Object.fromEntries(names))).size).toBe(200_000);
  });
});
