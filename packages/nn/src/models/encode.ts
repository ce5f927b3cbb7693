// Encoding a packed batch: the options that callers give, one pass, and the results by sequence. Shared by encoders and
// encoder-decoders.
import type { Tensor } from "@attn/core";
import { checkBoolean, checkOptions, checkTensor, Frame, shapeText, wrongKind, wrongValue } from "@attn/core/engine";
import type { Encoded, EncodeOptions, HeadMask, Tokens } from "../types.ts";
import { Forward, type Pass, type StackAt } from "./forward.ts";
import { checkBatch, joined, positionsOf } from "./tokens.ts";

/** Factors [N, H], where there are any. */
export function checkHeadMask(
  api: string,
  mask: HeadMask | undefined,
  { blocks }: StackAt["data"],
): Float32Array | undefined {
  if (mask === undefined) return undefined;
  const { data, shape } = checkTensor(api, "headMask", mask);
  const [N, H] = [blocks.length, blocks[0]?.attention.heads ?? 0];
  if (shape.length !== 2 || shape[0] !== N || shape[1] !== H)
    throw wrongValue(api, "headMask", `have shape [N, H] = [${N}, ${H}], layers and heads`, shapeText(shape));
  return data;
}

/** Where the sequences of a batch lie in a pass. */
export interface Batch {
  readonly lengths: readonly number[];
  /** [T, E] f32, in memory until the next call. */
  readonly rows: Float32Array;
}

/** Runs a batch, and hands what was asked for to `take` while it is in memory. */
export function encodeBatch(
  api: string,
  stack: StackAt,
  batch: readonly Tokens[],
  options: EncodeOptions,
  take: (result: Batch) => void,
): Pick<Encoded, "hidden" | "weights"> {
  const { kernel, data } = stack;
  const { embedding, width: E } = data;
  const sequences = checkBatch(api, "batch", batch, stack.tokens.rows);
  for (const [i, { length }] of sequences.entries()) stack.checkLength(api, `batch[${i}]`, length);
  const types = checkTypes(api, stack, options.tokenTypes, sequences);
  const headMask = checkHeadMask(api, options.headMask, data);
  const wants = {
    hidden: checkBoolean(api, "returnHidden", options.returnHidden),
    weights: checkBoolean(api, "returnWeights", options.returnWeights),
  };
  const lengths = sequences.map(({ length }) => length);
  const ids = joined(sequences);

  const hidden: Tensor[][] = sequences.map(() => []);
  const weights: Tensor[][] = sequences.map(() => []);
  const { memory } = kernel;
  const copy = (address: number, shape: readonly number[]): Tensor => {
    const size = shape.reduce((product, n) => product * n, 1);
    return { data: memory.f32.slice(address >>> 2, (address >>> 2) + size), shape };
  };
  const frame = new Frame(memory, api);
  const pass: Pass = {
    lengths,
    ids,
    positions: joined(sequences.map((ids) => positionsOf(ids, 0, embedding.positions))),
    types,
    headMask: headMask && frame.input("headMask", headMask),
    start: 0,
    formats: { own: "f32", cross: "f32" },
    onWeights: wants.weights
      ? (_, n, i, address, shape) => {
          (weights[i] as Tensor[])[n] = copy(address, shape);
        }
      : undefined,
    onHidden: wants.hidden
      ? (_, address) => {
          let row = 0;
          for (const [i, length] of lengths.entries()) {
            (hidden[i] as Tensor[]).push(copy(address + 4 * row * E, [length, E]));
            row += length;
          }
        }
      : undefined,
  };
  const forward = new Forward(stack, frame, pass);
  frame.open();
  const { address } = forward.run();
  take({ lengths, rows: memory.f32.subarray(address >>> 2, (address >>> 2) + ids.length * E) });
  return { ...(wants.hidden && { hidden }), ...(wants.weights && { weights }) };
}

/** An output [L, E] for each sequence. */
export function encode(
  api: string,
  stack: StackAt,
  batch: readonly Tokens[],
  given: EncodeOptions | undefined,
): Encoded {
  const output: Tensor[] = [];
  const E = stack.data.width;
  const more = encodeBatch(api, stack, batch, checkOptions<EncodeOptions>(api, given), ({ lengths, rows }) => {
    let row = 0;
    for (const length of lengths) {
      output.push({ data: rows.slice(row * E, (row + length) * E), shape: [length, E] });
      row += length;
    }
  });
  return { output, ...more };
}

function checkTypes(
  api: string,
  stack: StackAt,
  given: EncodeOptions["tokenTypes"],
  sequences: readonly Int32Array[],
): Int32Array | undefined {
  if (given === undefined) return undefined;
  const { types: kinds } = stack.data.embedding;
  if (!kinds) throw wrongKind(api, "tokenTypes", "be absent, since this model has no token types", given);
  const types = checkBatch(api, "tokenTypes", given, kinds.shape[0] as number);
  if (types.length !== sequences.length)
    throw wrongValue(api, "tokenTypes", `have ${sequences.length} sequences, like batch`, `${types.length}`);
  for (const [i, { length }] of types.entries())
    if (length !== sequences[i]?.length)
      throw wrongValue(api, `tokenTypes[${i}]`, `have ${sequences[i]?.length} types, like batch[${i}]`, `${length}`);
  return joined(types);
}
