// Writes ONNX models as bytes. Knows the protobuf wire format and the few fields of onnx.proto that these models have; what
// the operators mean is for their callers.

/** Pieces of bytes one behind the other: weights are not copied until the end. */
type Bytes = readonly Uint8Array[];

const varint = (n: number): number[] => (n < 128 ? [n] : [(n % 128) | 128, ...varint(Math.floor(n / 128))]);
const sizeOf = (bytes: Bytes): number => bytes.reduce((sum, { length }) => sum + length, 0);
const integer = (field: number, n: number): Bytes => [Uint8Array.from([...varint(field << 3), ...varint(n)])];
const message = (field: number, content: Bytes): Bytes => [
  Uint8Array.from([...varint((field << 3) | 2), ...varint(sizeOf(content))]),
  ...content,
];
const text = (field: number, s: string): Bytes => message(field, [new TextEncoder().encode(s)]);
const float = (field: number, x: number): Bytes => [
  Uint8Array.from([...varint((field << 3) | 5), ...new Uint8Array(new Float32Array([x]).buffer)]),
];

const ELEMENT = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 } as const;
export interface Value {
  readonly name: string;
  readonly type: keyof typeof ELEMENT;
  /** A dimension that is only known when the model runs has a name instead. */
  readonly shape: readonly (number | string)[];
}

/** A value that is part of the model. */
export interface Initializer {
  readonly name: string;
  readonly data: Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;
  readonly shape: readonly number[];
}

function valueInfo({ name, type, shape }: Value): Bytes {
  const dimensions = shape.flatMap((n) => message(1, typeof n === "number" ? integer(1, n) : text(2, n)));
  return [...text(1, name), ...message(2, message(1, [...integer(1, ELEMENT[type]), ...message(2, dimensions)]))];
}

function tensor({ name, data, shape }: Initializer): Bytes {
  const type = data[Symbol.toStringTag].replace(/^Big|Array$/g, "").toLowerCase() as keyof typeof ELEMENT;
  return [
    ...shape.flatMap((n) => integer(1, n)),
    ...integer(2, ELEMENT[type]),
    ...text(8, name),
    ...message(9, [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]),
  ];
}

/** Of AttributeProto: the field of the value, and the type's number. */
const attribute = (name: string, value: Bytes, type: number): Bytes =>
  message(5, [...text(1, name), ...value, ...integer(20, type)]);

/** An operator's attributes by name. Integers are not negative. */
export interface Attributes {
  readonly ints?: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
  readonly lists?: Readonly<Record<string, readonly number[]>>;
}

export interface Operation extends Attributes {
  readonly operator: string;
  /** Default: ONNX's own. */
  readonly domain?: string;
  /** Names of values, in the operator's order; undefined where one is left out. */
  readonly inputs: readonly (string | undefined)[];
  readonly outputs: readonly (string | undefined)[];
}

function operation(given: Operation): Bytes {
  const { operator, domain = "", inputs, outputs, ints = {}, floats = {}, lists = {} } = given;
  return [
    ...inputs.flatMap((name) => text(1, name ?? "")),
    ...outputs.flatMap((name) => text(2, name ?? "")),
    ...text(4, operator),
    ...Object.entries(ints).flatMap(([name, x]) => attribute(name, integer(3, x), 2)),
    ...Object.entries(floats).flatMap(([name, x]) => attribute(name, float(2, x), 1)),
    ...Object.entries(lists).flatMap(([name, list]) =>
      attribute(
        name,
        list.flatMap((x) => integer(8, x)),
        7,
      ),
    ),
    ...text(7, domain),
  ];
}

export interface Graph {
  readonly operations: readonly Operation[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly initializers?: readonly Initializer[];
}

/** A model of opset 24, and version 1 of any other domain. */
export function graphModel({ operations, inputs, outputs, initializers = [] }: Graph): Uint8Array {
  const graph = [
    ...operations.flatMap((each) => message(1, operation(each))),
    ...text(2, "graph"),
    ...initializers.flatMap((each) => message(5, tensor(each))),
    ...inputs.flatMap((value) => message(11, valueInfo(value))),
    ...outputs.flatMap((value) => message(12, valueInfo(value))),
  ];
  const domains = new Set(operations.map(({ domain = "" }) => domain).filter((domain) => domain !== ""));
  const imports = [
    ...message(8, [...text(1, ""), ...integer(2, 24)]),
    ...[...domains].flatMap((domain) => message(8, [...text(1, domain), ...integer(2, 1)])),
  ];
  const bytes: Bytes = [...integer(1, 11), ...message(7, graph), ...imports];
  const model = new Uint8Array(sizeOf(bytes));
  let at = 0;
  for (const piece of bytes) {
    model.set(piece, at);
    at += piece.length;
  }
  return model;
}

/** One operation with the values that it reads and writes. */
export interface Node extends Attributes {
  readonly operator: string;
  readonly domain?: string;
  /** In the operator's order, undefined where one is left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly (Value | undefined)[];
}

/** A model of one operation. */
export function nodeModel(node: Node): Uint8Array {
  const present = (values: readonly (Value | undefined)[]) => values.filter((value) => value !== undefined);
  const names = (values: readonly (Value | undefined)[]) => values.map((value) => value?.name);
  return graphModel({
    operations: [{ ...node, inputs: names(node.inputs), outputs: names(node.outputs) }],
    inputs: present(node.inputs),
    outputs: present(node.outputs),
  });
}

/** The operator Attention of ONNX. */
export function attentionModel(
  inputs: readonly (Value | undefined)[],
  outputs: readonly (Value | undefined)[],
  attributes: Attributes,
): Uint8Array {
  return nodeModel({ operator: "Attention", inputs, outputs, ...attributes });
}
