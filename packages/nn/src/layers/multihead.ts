// multiheadAttention(): attention between its projections.
import type { AttentionResult, Returns, TensorInput } from "@attn/core";
import {
  checkLayout,
  checkLogits,
  checkOptions,
  checkOut,
  checkResult,
  checkSegments,
  defaultScale,
  wrongValue,
} from "@attn/core/engine";
import type { MultiheadOptions, MultiheadParameters } from "../types.ts";
import { MultiheadStep, multiheadNames, readMultihead, wanted } from "./multihead-step.ts";
import { ParameterReader } from "./parameters.ts";
import { checkHeadCount, checkSequences, checkTogether, sizesOf } from "./sequences.ts";
import { Workspace } from "./steps.ts";

const API = "multiheadAttention";

/**
 * nn.MultiheadAttention under the names of its state dict, batch first: query [L, E] or [B, L, E], key and value [S, ·] or
 * [B, S, ·] are projected, split over heads, attended (see core's `attention`), joined and projected: output as query,
 * weights and scores [(B,) H, L, S], lse [(B,) H, L].
 *
 * Options are core's, with core's meaning: mask true = attend, not PyTorch's inverse; weights are each head's unless
 * returnWeights is "mean". layout changes nothing, for no argument has an axis of heads. A query with nothing to attend to
 * gives out_proj.bias. Self-attention is one product where query, key and value are the same tensor and in_proj_weight is
 * given. Widths of key and value of their own take q_proj_weight, k_proj_weight and v_proj_weight in its place.
 *
 * @example
 * ```ts
 * import { multiheadAttention } from "@attn/nn";
 *
 * const x = [[1, 0], [0, 1]];
 * const one = [[1, 0], [0, 1]];
 * const parameters = { in_proj_weight: [...one, ...one, ...one], "out_proj.weight": one };
 * const { output, weights } = multiheadAttention(x, x, x, parameters, { heads: 1, causal: true, returnWeights: true });
 * console.log(weights); // → [[[1, 0], [0.3302, 0.6698]]]
 * console.log(output); // → [[1, 0], [0.3302, 0.6698]]
 * ```
 * @throws TypeError for an argument of the wrong kind or a parameter that is missing; RangeError for a wrong value or shape, a
 * name that is unknown, in_proj_weight beside what takes its place, Weights of two engines, or wasm memory that does not
 * suffice. Nothing is computed then. Error where a Weight is disposed.
 */
export function multiheadAttention<
  W extends boolean | "mean" | undefined = false,
  S extends boolean | undefined = false,
  E extends boolean | undefined = false,
>(
  query: TensorInput,
  key: TensorInput,
  value: TensorInput,
  parameters: MultiheadParameters,
  options: MultiheadOptions & Returns<W, S, E>,
): AttentionResult<W, S, E>;
export function multiheadAttention(
  query: TensorInput,
  key: TensorInput,
  value: TensorInput,
  parameters: MultiheadParameters,
  given: MultiheadOptions,
): AttentionResult {
  const options = checkOptions<MultiheadOptions>(API, given);
  checkLayout(API, options.layout);
  const q = checkSequences(API, "query", query, "L, E");
  const k = key === query ? { ...q, name: "key" } : checkSequences(API, "key", key, "S, E");
  const v = value === key ? { ...k, name: "value" } : checkSequences(API, "value", value, "S, E");
  checkTogether(API, q, k);
  checkTogether(API, q, v);
  if (v.L !== k.L) throw wrongValue(API, "value", `have length ${k.L}, like key`, `${v.L}`);
  const H = checkHeadCount(API, options.heads, q.E);
  const expected = "have the names of nn.MultiheadAttention's state dict alone";
  const reader = new ParameterReader(API, parameters, multiheadNames(), expected);
  const read = readMultihead(API, reader, "", [q, k, v]);
  const { sizes, axes } = sizesOf(q, k.L, H);
  const segments = checkSegments(API, options.segments, sizes);
  const logits = checkLogits(API, options, sizes, axes, { scale: defaultScale(sizes.D), segments });
  const result = checkResult(API, options, H);
  const { size: length } = q;
  const { projections, bias, output, outputBias } = read;
  const numbers = [
    q,
    k,
    v,
    logits.mask,
    logits.bias,
    bias,
    outputBias,
    output.numbers,
    ...projections.map((p) => p.numbers),
  ];
  const out = checkOut(
    API,
    options.out,
    length,
    numbers.map((x) => x?.data),
  );

  const space = new Workspace(API, reader.kernel());
  const from = space.input(q);
  const to = k.data === q.data ? from : space.input(k);
  const too = v.data === k.data ? to : space.input(v);
  const y = space.frame.output(length, out);
  const same = too !== to ? "none" : to !== from ? "keyValue" : "all";
  const step = new MultiheadStep(space, read, { sizes, axes, segments, logits, result }, same);
  space.open();

  if (length > 0 || wanted(step.plan))
    step.run(space.matrix(y, q.E), [space.matrix(from, q.E), space.matrix(to, k.E), space.matrix(too, v.E)]);

  return step.take(space.frame.result(y, q.shape, out));
}
