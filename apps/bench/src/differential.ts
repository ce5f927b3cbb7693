// Live differential test: random cases of ONNX's operator Attention (opset 24), run by onnxruntime-web and by
// @attn/core in both variants. Both are float32, so they may differ by twice what either may lose against the float64
// reference. Ends with "N passed, N failed" and exits non-zero where a case fails.
//
//   node src/differential.ts [--runs 400] [--seed 1] [--only N]
import { parseArgs } from "node:util";
import { attentionTolerance, compare, createRandom, type Random, referenceAttention } from "@attn/conformance";
import { type AttentionOptions, createAttention, type Tensor } from "@attn/core";
import type { Tensor as OrtTensor } from "onnxruntime-common";
import { loadWeb } from "../onnxruntime/index.js";
import { attentionModel, type Value } from "./onnx.ts";

const ort = await loadWeb();

/** Everything that decides a case; printed where one fails. */
interface Spec {
  readonly seed: number;
  readonly B: number;
  readonly H: number;
  readonly G: number;
  readonly L: number;
  /** Keys of the past, which come first, and new keys. */
  readonly past: number;
  readonly fresh: number;
  readonly D: number;
  readonly Dv: number;
  readonly flat: boolean;
  readonly causal: boolean;
  readonly mask: "none" | "bool" | "float";
  readonly maskAxes: number;
  readonly softcap: number;
  readonly scale: number | undefined;
  readonly lengths: readonly number[] | undefined;
  readonly magnitude: number;
}

function draw(random: Random, seed: number): Spec {
  const size = () => random.pick([1, 2, 3, 5, 7, 8, 16, 17, 33, 64, 65, 80]);
  const length = () => random.pick([1, 1, 2, 3, 7, 9, 17, 40, 63, 65, 130, 260]);
  const G = random.integer(1, 3);
  const past = random.uniform() < 0.3 ? length() : 0;
  const B = random.integer(1, 3);
  const L = length();
  const fresh = past > 0 ? L : length();
  // Lengths of batch elements go without a past in the operator.
  const lengths = past === 0 && random.uniform() < 0.25 ? random.integers(B, 0, fresh) : undefined;
  return {
    seed,
    B,
    G,
    H: G * random.integer(1, 3),
    L,
    past,
    fresh,
    D: size(),
    Dv: size(),
    flat: random.uniform() < 0.3,
    causal: random.uniform() < 0.4,
    mask: random.pick(["none", "none", "bool", "float"] as const),
    maskAxes: random.integer(2, 4),
    softcap: random.uniform() < 0.25 ? random.uniform(0.5, 30) : 0,
    scale: random.uniform() < 0.3 ? random.uniform(0.01, 2) : undefined,
    lengths,
    magnitude: random.pick([0.3, 1, 4]),
  };
}

/** [B, H, L, D] → [B, L, H·D]. */
function flatten({ data, shape }: Tensor): Tensor {
  const [B, H, L, D] = shape as [number, number, number, number];
  const out = new Float32Array(data.length);
  for (let b = 0; b < B; b++)
    for (let h = 0; h < H; h++)
      for (let l = 0; l < L; l++) {
        const from = ((b * H + h) * L + l) * D;
        out.set(data.subarray(from, from + D), ((b * L + l) * H + h) * D);
      }
  return { data: out, shape: [B, L, H * D] };
}

/** Joins [B, G, S, D] along S. */
function join(a: Tensor, b: Tensor): Tensor {
  const [B, G, m, D] = a.shape as [number, number, number, number];
  const n = b.shape[2] as number;
  const out = new Float32Array(a.data.length + b.data.length);
  for (let i = 0; i < B * G; i++) {
    out.set(a.data.subarray(i * m * D, (i + 1) * m * D), i * (m + n) * D);
    out.set(b.data.subarray(i * n * D, (i + 1) * n * D), (i * (m + n) + m) * D);
  }
  return { data: out, shape: [B, G, m + n, D] };
}

async function runCase(
  spec: Spec,
  engines: readonly ReturnType<typeof createAttention>[],
): Promise<string | undefined> {
  const { B, H, G, L, past, fresh, D, Dv, flat, causal, softcap, scale, lengths } = spec;
  const random = createRandom(spec.seed);
  const S = past + fresh;
  const query = random.tensor([B, H, L, D], spec.magnitude);
  const [key, value] = [random.tensor([B, G, fresh, D]), random.tensor([B, G, fresh, Dv])];
  const [pastKey, pastValue] = [random.tensor([B, G, past, D]), random.tensor([B, G, past, Dv])];
  const maskShape = [B, H, L, S]
    .slice(4 - spec.maskAxes)
    .map((n, i, all) => (i < all.length - 2 && random.uniform() < 0.5 ? 1 : n));
  const cells = maskShape.reduce((a, b) => a * b, 1);
  const keep = Uint8Array.from({ length: cells }, () => (random.uniform() < 0.7 ? 1 : 0));
  const added = Float32Array.from({ length: cells }, () => random.normal());

  const feeds: Record<string, OrtTensor> = {};
  const give = (name: string, { data, shape }: Tensor): Value => {
    feeds[name] = new ort.Tensor("float32", data, [...shape]);
    return { name, type: "float32", shape };
  };
  const shaped = (t: Tensor) => (flat ? flatten(t) : t);
  const inputs: (Value | undefined)[] = [
    give("Q", shaped(query)),
    give("K", shaped(key)),
    give("V", shaped(value)),
    undefined,
    undefined,
    undefined,
    undefined,
  ];
  if (spec.mask === "float") inputs[3] = give("M", { data: added, shape: maskShape });
  if (spec.mask === "bool") {
    inputs[3] = { name: "M", type: "bool", shape: maskShape };
    feeds.M = new ort.Tensor("bool", keep, maskShape);
  }
  if (past > 0) [inputs[4], inputs[5]] = [give("PK", pastKey), give("PV", pastValue)];
  if (lengths) {
    inputs[6] = { name: "N", type: "int64", shape: [B] };
    feeds.N = new ort.Tensor("int64", BigInt64Array.from(lengths, BigInt), [B]);
  }
  while (inputs.at(-1) === undefined) inputs.pop();
  const outputs: Value[] = [{ name: "Y", type: "float32", shape: flat ? [B, L, H * Dv] : [B, H, L, Dv] }];
  if (past > 0)
    outputs.push(
      { name: "K1", type: "float32", shape: [B, G, S, D] },
      { name: "V1", type: "float32", shape: [B, G, S, Dv] },
    );
  const ints = { ...(causal && { is_causal: 1 }), ...(flat && { q_num_heads: H, kv_num_heads: G }) };
  const floats = { ...(softcap > 0 && { softcap }), ...(scale !== undefined && { scale }) };
  const session = await ort.InferenceSession.create(attentionModel(inputs, outputs, { ints, floats }), {
    executionProviders: ["wasm"],
  });
  const theirs = (await session.run(feeds)).Y?.data as Float32Array;
  await session.release();

  const [joinedKey, joinedValue] = past > 0 ? [join(pastKey, key), join(pastValue, value)] : [key, value];
  const options: AttentionOptions = {
    ...(causal && { causal, align: past > 0 ? past : lengths ? "bottom-right" : "top-left" }),
    ...(spec.mask === "bool" && { mask: { data: keep, shape: maskShape } }),
    ...(spec.mask === "float" && { bias: { data: added, shape: maskShape } }),
    ...(softcap > 0 && { softcap }),
    ...(scale !== undefined && { scale }),
    ...(lengths && { keyLengths: lengths }),
  };
  const reference = referenceAttention(
    query,
    joinedKey,
    joinedValue,
    options as Parameters<typeof referenceAttention>[3],
  );
  const { output: allowed } = attentionTolerance(reference);
  for (const engine of engines) {
    const { output } = engine.attention(query, joinedKey, joinedValue, options);
    const ours = (flat ? flatten(output) : output).data;
    const scale = flat
      ? flatten({ data: Float32Array.from(allowed.scale as Float64Array), shape: output.shape }).data
      : (allowed.scale as Float64Array);
    const found = compare(ours, theirs, { rtol: 2, scale });
    if (found) return `${engine.variant}: ${found}`;
  }
  return undefined;
}

const { values } = parseArgs({
  // pnpm hands a separating "--" on.
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: {
    runs: { type: "string", default: "400" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
  },
});
const [runs, seed] = [Number(values.runs), Number(values.seed)];
if (!(runs > 0) || !Number.isInteger(seed))
  throw new RangeError(`--runs and --seed must be whole numbers, got ${values.runs} and ${values.seed}`);

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "fatal";
const engines = [createAttention({ variant: "simd" }), createAttention({ variant: "relaxed" })];
const random = createRandom(seed);
let [passed, failed] = [0, 0];
for (let i = 0; i < runs; i++) {
  const spec = draw(random, seed * 1e6 + i);
  if (values.only !== undefined && i !== Number(values.only)) continue;
  let fault: string | undefined;
  try {
    fault = await runCase(spec, engines);
  } catch (error) {
    fault = `threw ${(error as Error).message}`;
  }
  if (fault === undefined) passed++;
  else {
    failed++;
    console.log(`FAIL case ${i}: ${fault}\n     ${JSON.stringify(spec)}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
