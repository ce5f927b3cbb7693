// Writes a one-node ONNX model, as bytes. Knows the protobuf wire format and the few fields of onnx.proto that such a
// model has; what the operators mean is for their callers.

const varint = (n: number): number[] => (n < 128 ? [n] : [(n % 128) | 128, ...varint(Math.floor(n / 128))]);
const integer = (field: number, n: number): number[] => [...varint(field << 3), ...varint(n)];
const message = (field: number, content: readonly number[]): number[] => [
  ...varint((field << 3) | 2),
  ...varint(content.length),
  ...content,
];
const text = (field: number, s: string): number[] => message(field, [...new TextEncoder().encode(s)]);
const float = (field: number, x: number): number[] => [
  ...varint((field << 3) | 5),
  ...new Uint8Array(new Float32Array([x]).buffer),
];

const ELEMENT = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;
export interface Value {
  readonly name: string;
  readonly type: keyof typeof ELEMENT;
  /** A dimension that is only known when the model runs has a name instead. */
  readonly shape: readonly (number | string)[];
}

function valueInfo({ name, type, shape }: Value): number[] {
  const dimensions = shape.flatMap((n) => message(1, typeof n === "number" ? integer(1, n) : text(2, n)));
  return [...text(1, name), ...message(2, message(1, [...integer(1, ELEMENT[type]), ...message(2, dimensions)]))];
}

const attribute = (name: string, x: number, kind: "int" | "float"): number[] =>
  message(5, [
    ...text(1, name),
    ...(kind === "int" ? [...integer(3, x), ...integer(20, 2)] : [...float(2, x), ...integer(20, 1)]),
  ]);

/** AttributeProto integers and floats of the operator, by name. */
export interface Attributes {
  readonly ints?: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
}

export interface Node extends Attributes {
  readonly operator: string;
  /** Default: ONNX's own. */
  readonly domain?: string;
  /** In the operator's order, undefined where one is left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly (Value | undefined)[];
}

/** A model of opset 24, and version 1 of any other domain. */
export function nodeModel({ operator, domain = "", inputs, outputs, ints = {}, floats = {} }: Node): Uint8Array {
  const node = [
    ...inputs.flatMap((value) => text(1, value?.name ?? "")),
    ...outputs.flatMap((value) => text(2, value?.name ?? "")),
    ...text(4, operator),
    ...Object.entries(ints).flatMap(([name, x]) => attribute(name, x, "int")),
    ...Object.entries(floats).flatMap(([name, x]) => attribute(name, x, "float")),
    ...text(7, domain),
  ];
  const present = (values: readonly (Value | undefined)[]) => values.filter((value) => value !== undefined);
  const graph = [
    ...message(1, node),
    ...text(2, "graph"),
    ...present(inputs).flatMap((value) => message(11, valueInfo(value))),
    ...present(outputs).flatMap((value) => message(12, valueInfo(value))),
  ];
  const imports = [
    ...message(8, [...text(1, ""), ...integer(2, 24)]),
    ...(domain === "" ? [] : message(8, [...text(1, domain), ...integer(2, 1)])),
  ];
  return Uint8Array.from([...integer(1, 11), ...message(7, graph), ...imports]);
}

/** The operator Attention of ONNX. */
export function attentionModel(
  inputs: readonly (Value | undefined)[],
  outputs: readonly (Value | undefined)[],
  attributes: Attributes,
): Uint8Array {
  return nodeModel({ operator: "Attention", inputs, outputs, ...attributes });
}
