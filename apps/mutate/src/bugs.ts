// The bugs: classics of attention, of memory and of bindings, each of which somebody has shipped somewhere. One entry is one
// text of the sources and what stands there instead. Where code moves on, its entry moves with it: `--list` says which do not
// fit any more.
import type { Bug, Suite } from "./bug.ts";

const core = (file: string, only: string): Suite => ({ folder: "packages/core", file, only });
const kernel = (file: string, only: string): Suite => ({ folder: "packages/kernel", file, only });
const conformance = (file: string): Suite => ({ folder: "packages/conformance", file });
const nn = (file: string, only: string): Suite => ({ folder: "packages/nn", file, only });
const viz = (file: string): Suite => ({ folder: "packages/viz", file });
const edge = (file: string): Suite => ({ folder: "apps/edge", file });

const ofSoftmax: readonly Bug[] = [
  {
    name: "softmax without the maximum",
    file: "packages/kernel/assembly/lib/softmax.ts",
    text: "return maximum == -Infinity ? 0 : maximum;",
    instead: "return 0;",
    suite: core("attention", "logits of ±1e3"),
  },
  {
    name: "softmax of a row of -Infinity is NaN",
    file: "packages/kernel/assembly/lib/softmax.ts",
    text: "return maximum == -Infinity ? 0 : maximum;",
    instead: "return maximum;",
    suite: core("primitives", "-Infinity is 0"),
  },
  {
    name: "the sum is not rescaled where the maximum moves",
    file: "packages/kernel/assembly/attention/softmax.ts",
    text: "row.sum *= by;",
    instead: "",
    suite: core("attention", "tile and block edges"),
  },
  {
    name: "the output is not rescaled where the maximum moves",
    file: "packages/kernel/assembly/attention/softmax.ts",
    text: "scale_output(g, r, by);",
    instead: "",
    suite: core("attention", "tile and block edges"),
  },
  {
    name: "sums of any length are one chain",
    file: "packages/kernel/assembly/lib/sizes.ts",
    text: "export const LONG: i32 = 2048;",
    instead: "export const LONG: i32 = 1 << 30;",
    suite: core("numerics", "."),
  },
  {
    name: "an output that overflowed on its way stays so",
    file: "packages/kernel/assembly/attention/blocks.ts",
    text: "if (!finite) return false;",
    instead: "",
    suite: core("numerics", "."),
  },
  {
    name: "a query is scaled whatever its size",
    file: "packages/kernel/assembly/attention/blocks.ts",
    text: "if (!scales_well(g, row.query, a.headSize)) row.exact = true;",
    instead: "",
    suite: core("numerics", "."),
  },
  {
    name: "a hidden key's weight is NaN beside one",
    file: "packages/kernel/assembly/attention/softmax.ts",
    text: "f32x4.ne(x, f32x4.splat(-Infinity))",
    instead: "i32x4.splat(-1)",
    suite: core("numerics", "."),
  },
  {
    name: "log-sum-exp without the maximum",
    file: "packages/kernel/assembly/attention/blocks.ts",
    text: "<f32>(<f64>row.reference + log(sum))",
    instead: "<f32>log(sum)",
    suite: core("attention", "masks and biases"),
  },
  {
    name: "log-sum-exp to the base of 2",
    file: "packages/kernel/assembly/attention/blocks.ts",
    text: "<f32>(<f64>row.reference + log(sum))",
    instead: "<f32>((<f64>row.reference + log(sum)) * 1.442695)",
    suite: core("attention", "masks and biases"),
  },
  {
    name: "a row that sees nothing divides by zero",
    file: "packages/kernel/assembly/attention/blocks.ts",
    text: "const inverse = row.sum == 0 ? 0 : 1 / row.sum;",
    instead: "const inverse = 1 / row.sum;",
    suite: core("attention", "nothing to attend to"),
  },
  {
    name: "a sink is left out of the sum",
    file: "packages/kernel/assembly/attention/blocks.ts",
    text: "if (row.reference != -Infinity) row.sum = 1 / g.unit;",
    instead: "",
    suite: core("attention", "softcap, alibi, sinks"),
  },
  {
    name: "weights averaged over key heads",
    file: "packages/kernel/assembly/attention/blocks.ts",
    text: "<f32>1 / <f32>a.heads",
    instead: "<f32>1 / <f32>a.keyValueHeads",
    suite: core("invariants", "is the mean of the weights"),
  },
  {
    name: "a coefficient of exp written with four digits",
    file: "packages/kernel/assembly/lib/constants.ts",
    text: "0.24022242",
    instead: "0.2402",
    suite: core("primitives", "rows of"),
  },
];

const ofLogits: readonly Bug[] = [
  {
    name: "scale is applied twice",
    file: "packages/kernel/assembly/attention/blocks.ts",
    text: "const scale = f32x4.splat(a.scale), chunk",
    instead: "const scale = f32x4.splat(a.scale * a.scale), chunk",
    suite: core("attention", "softcap, alibi, sinks"),
  },
  {
    name: "scale is 1/D",
    file: "packages/core/src/plan/logits.ts",
    text: "1 / Math.sqrt(D)",
    instead: "1 / D",
    suite: core("attention", "a mask for a decode step"),
  },
  {
    name: "causal is off by one",
    file: "packages/kernel/assembly/attention/group.ts",
    text: "<i64>position + a.right + 1",
    instead: "<i64>position + a.right",
    suite: core("attention", "causal and windows"),
  },
  {
    name: "the window's left side is exclusive",
    file: "packages/kernel/assembly/attention/group.ts",
    text: "<i64>position - a.left)",
    instead: "<i64>position - a.left + 1)",
    suite: core("attention", "causal and windows"),
  },
  {
    name: "causal is forgotten by the masked mechanism",
    file: "packages/core/src/ops/mechanisms.ts",
    text: '"maskedMultiHeadSelfAttention", true)',
    instead: '"maskedMultiHeadSelfAttention", false)',
    suite: core("mechanisms", "masked is multi-head with causal"),
  },
  {
    name: "bottom-right ignores keyLengths",
    file: "packages/core/src/plan/logits.ts",
    text: "(keyLengths?.[i] ?? one.S) - one.L",
    instead: "one.S - one.L",
    suite: core("attention", "lengths of each batch element"),
  },
  {
    name: "keyLengths are ignored",
    file: "packages/kernel/assembly/attention/attention.ts",
    text: "g.keys = a.keyLengths ? load<i32>(a.keyLengths + (<usize>b << 2)) : a.keyLength;",
    instead: "g.keys = a.keyLength;",
    suite: core("attention", "lengths of each batch element"),
  },
  {
    name: "the key length of batch 0 is used for all",
    file: "packages/kernel/assembly/attention/attention.ts",
    text: "load<i32>(a.keyLengths + (<usize>b << 2))",
    instead: "load<i32>(a.keyLengths)",
    suite: core("attention", "lengths of each batch element"),
  },
  {
    name: "mask polarity",
    file: "packages/kernel/assembly/attention/logits.ts",
    text: "v128.store(s, v128.bitselect(hidden, v128.load(s), low));",
    instead: "v128.store(s, v128.bitselect(v128.load(s), hidden, low));",
    suite: core("attention", "masks and biases"),
  },
  {
    name: "softcap after bias",
    file: "packages/kernel/assembly/attention/logits.ts",
    text: `    if (a.softcap != 0) softcap_row(s, n, a.softcap, g.table);
    if (row.slope != 0) alibi_row(s, low8, n, row.slope, row.position);
    if (row.bias) {
      if (a.biasKeyStride) bias_row(s + skip, row.bias + (<usize>low << 2), high - low);
      else add_to_row(s, n, load<f32>(row.bias));
    }
`,
    instead: `    if (row.slope != 0) alibi_row(s, low8, n, row.slope, row.position);
    if (row.bias) {
      if (a.biasKeyStride) bias_row(s + skip, row.bias + (<usize>low << 2), high - low);
      else add_to_row(s, n, load<f32>(row.bias));
    }
    if (a.softcap != 0) softcap_row(s, n, a.softcap, g.table);
`,
    suite: core("attention", "softcap, alibi, sinks"),
  },
  {
    name: "ALiBi is added",
    file: "packages/kernel/assembly/attention/logits.ts",
    text: "f32x4.sub(v128.load(s), f32x4.mul(by,",
    instead: "f32x4.add(v128.load(s), f32x4.mul(by,",
    suite: core("attention", "softcap, alibi, sinks"),
  },
  {
    name: "ALiBi's distance has a sign",
    file: "packages/kernel/assembly/attention/logits.ts",
    text: "f32x4.convert_i32x4_s(i32x4.abs(distance))",
    instead: "f32x4.convert_i32x4_s(distance)",
    suite: core("attention", "softcap, alibi, sinks"),
  },
  {
    name: "ALiBi's slopes are not interleaved where the heads are no power of two",
    file: "packages/core/src/plan/alibi.ts",
    text: "2 ** ((-4 * (2 * (h - n) + 1)) / n)",
    instead: "2 ** ((-8 * (h + 1)) / n)",
    suite: core("attention", "softcap, alibi, sinks"),
  },
  {
    name: "a bias takes its row's stride for that of its key",
    file: "packages/core/src/ops/arguments.ts",
    text: "i32[at.biasQueryStride] = 4 * (bias?.strides[2] ?? 0);",
    instead: "i32[at.biasQueryStride] = 4 * (bias?.strides[3] ?? 0);",
    suite: core("attention", "masks and biases"),
  },
  {
    name: "a mask of one head serves the first batch element only",
    file: "packages/core/src/plan/layout.ts",
    text: "if (n !== 1) strides[skip + i] = stride;",
    instead: "strides[skip + i] = stride;",
    suite: core("attention", "masks and biases"),
  },
];

const ofHeads: readonly Bug[] = [
  {
    name: "grouped heads are mapped by modulo",
    file: "packages/kernel/assembly/attention/blocks.ts",
    text: "const h = <usize>(g.keyValueHead * H + head)",
    instead: "const h = <usize>(head * a.keyValueHeads + g.keyValueHead)",
    suite: core("attention", "grouped heads"),
  },
  {
    name: "BLHD is read as BHLD",
    file: "packages/core/src/plan/layout.ts",
    text: "{ batch: L * H * row, head: row, token: H * row }",
    instead: "{ batch: L * H * row, head: L * row, token: row }",
    suite: core("mechanisms", "grouped heads"),
  },
  {
    name: "a projection forgets its bias",
    file: "packages/core/src/ops/project.ts",
    text: "slots.bias === undefined ? 0 : 1,",
    instead: "0,",
    suite: core("mechanisms", "each projection and bias"),
  },
  {
    name: "a projection is transposed",
    file: "packages/core/src/ops/project.ts",
    text: "    inputs,\n    1,\n",
    instead: "    inputs,\n    0,\n",
    suite: core("mechanisms", "each projection and bias"),
  },
];

const ofTiles: readonly Bug[] = [
  {
    name: "the last key of a full block is dropped",
    file: "packages/kernel/assembly/attention/attention.ts",
    text: "const end = min(j + KC, last);",
    instead: "const end = min(j + KC, last) - (j + KC < last ? 1 : 0);",
    suite: core("attention", "tile and block edges"),
  },
  {
    name: "a tile over the edge starts a column late",
    file: "packages/kernel/assembly/lib/matmul.ts",
    text: "const from = first * NR, n = columns - from;",
    instead: "const from = first * NR, n = columns - from - 1;",
    suite: core("primitives", "13 rows"),
  },
  {
    name: "blocks of depth overwrite each other",
    file: "packages/kernel/assembly/lib/matmul.ts",
    text: "accumulate || k > 0",
    instead: "accumulate",
    suite: core("primitives", "13 rows"),
  },
  {
    name: "the depth's blocks of q·k overwrite each other",
    file: "packages/kernel/assembly/attention/products.ts",
    text: "min(KC, D - d), panels, d > 0);",
    instead: "min(KC, D - d), panels, false);",
    suite: core("attention", "tile and block edges"),
  },
  {
    name: "rows past the last query go through a tile as they were left",
    file: "packages/kernel/assembly/attention/blocks.ts",
    text: "  memory.fill(g.output, 0, <usize>whole * g.outputStride);",
    instead: "",
    suite: core("attention", "tile and block edges"),
  },
  {
    name: "a hidden value that is not finite meets its weight of 0",
    file: "packages/kernel/assembly/attention/products.ts",
    text: "return g.unpacked || load<bool>(g.nonFinite + <usize>(low / KC));",
    instead: "return g.unpacked;",
    suite: core("attention", "NaN and Infinity in hidden"),
  },
  {
    name: "scratch is counted a tile short",
    file: "packages/kernel/assembly/attention/group.ts",
    text: "GROUP_BYTES + ROWS_BYTES + 2 * TILE_BYTES);",
    instead: "GROUP_BYTES + ROWS_BYTES + TILE_BYTES);",
    suite: kernel("attention", "keys"),
  },
];

const ofCaches: readonly Bug[] = [
  {
    name: "f16 denormals are flushed to zero",
    file: "packages/kernel/assembly/lib/encode.ts",
    text: "if (magnitude < 0x38800000) return <u16>(sign | (reinterpret<u32>(reinterpret<f32>(magnitude) + 0.5) - 0x3f000000));",
    instead: "if (magnitude < 0x38800000) return <u16>sign;",
    suite: core("cache", "f16: "),
  },
  {
    name: "f16 rounds toward zero",
    file: "packages/kernel/assembly/lib/encode.ts",
    text: "magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)",
    instead: "magnitude - 0x38000000",
    suite: core("cache", "f16: every number"),
  },
  {
    name: "int8 has the scale of another token",
    file: "packages/kernel/assembly/lib/encode.ts",
    text: "    scales += 4;\n",
    instead: "",
    suite: core("cache", "int8: tokens of very different"),
  },
  {
    name: "int8's largest number is its largest positive one",
    file: "packages/kernel/assembly/lib/encode.ts",
    text: "largest = max(largest, abs(load<f32>(from + (<usize>i << 2))));",
    instead: "largest = max(largest, load<f32>(from + (<usize>i << 2)));",
    suite: core("cache", "int8: "),
  },
  {
    name: "truncate forgets to truncate",
    file: "packages/core/src/ops/cache.ts",
    text: "    this.length = length;\n",
    instead: "",
    suite: core("cache", "tokens taken back"),
  },
  {
    name: "a cache forgets where its first infinity is",
    file: "packages/core/src/ops/cache.ts",
    text: "this.#finiteTo = Math.min(this.#finiteTo, this.length)",
    instead: "this.#finiteTo = Number.POSITIVE_INFINITY",
    suite: core("cache", "f16: "),
  },
  {
    name: "an append that throws leaves its tokens counted",
    file: "packages/core/src/ops/cache.ts",
    text: "    frame.open();\n",
    instead: "    this.#store.length += T;\n    frame.open();\n    this.#store.length -= T;\n",
    suite: core("memory", "an append past it"),
  },
  {
    name: "merging takes the mean of the parts",
    file: "packages/kernel/assembly/attention/merge.ts",
    text: "changetype<Share>(s).weight /= sum;",
    instead: "changetype<Share>(s).weight = 1.0 / <f64>count;",
    suite: core("primitives", "parts of any rank"),
  },
  {
    name: "merging reads a part that saw nothing",
    file: "packages/kernel/assembly/attention/merge.ts",
    text: "      if (x == -Infinity) continue;\n",
    instead: "",
    suite: core("primitives", "parts that saw nothing"),
  },
];

const ofMemory: readonly Bug[] = [
  {
    name: "out may be an input",
    file: "packages/core/src/plan/tensors.ts",
    text: "inputs.some((input) => input && overlap(input, to.data))",
    instead: "inputs.some((input) => input === to.data)",
    suite: core("primitives", "out: "),
  },
  {
    name: "a second dispose gives memory back again",
    file: "packages/core/src/engine/allocation.ts",
    text: "    this.#held = undefined;\n    forgotten",
    instead: "    forgotten",
    suite: core("memory", "twice gives it once"),
  },
  {
    name: "a result is a view of wasm memory",
    file: "packages/core/src/engine/frame.ts",
    text: "if (!out) return f32.slice(start, start + length);",
    instead: "if (!out) return f32.subarray(start, start + length);",
    suite: core("memory", "results are copies"),
  },
  {
    name: "a freed block is not joined with the one after it",
    file: "packages/core/src/engine/memory.ts",
    text: "    if (next && start + size === next.start) {",
    instead: "    if (next && start === next.start) {",
    suite: core("memory", "in any order joins"),
  },
  {
    name: "a kernel of another version is taken",
    file: "packages/core/src/engine/instance.ts",
    text: "if (ofVersion !== version) throw",
    instead: "if (ofVersion === undefined) throw",
    suite: core("errors", "createAttention"),
  },
  {
    name: "a ragged row is cut off",
    file: "packages/core/src/plan/nested.ts",
    text: "if (level.length !== length) {",
    instead: "if (level.length < length) {",
    suite: core("primitives", "refuses ragged"),
  },
];

const ofTheReference: readonly Bug[] = [
  {
    name: "the reference maps grouped heads by modulo",
    file: "packages/conformance/src/layout.ts",
    text: "return Math.floor((h * G) / H);",
    instead: "return h % G;",
    suite: conformance("reference"),
  },
  {
    name: "the reference's causal is off by one",
    file: "packages/conformance/src/visibility.ts",
    text: "if (causal && j > p) return false;",
    instead: "if (causal && j >= p) return false;",
    suite: conformance("reference"),
  },
  {
    name: "a NaN equals anything",
    file: "packages/conformance/src/tolerance.ts",
    text: "if (Object.is(g, e) || g === e) continue;",
    instead: "if (Number.isNaN(g) || g === e) continue;",
    suite: conformance("tolerance"),
  },
  {
    name: "tolerances are a thousand times as wide",
    file: "packages/conformance/src/tolerance.ts",
    text: "const multiple = 4;",
    instead: "const multiple = 4000;",
    suite: conformance("tolerance"),
  },
  {
    name: "the reference's softcap comes after the bias",
    file: "packages/conformance/src/reference.ts",
    text: `          if (softcap !== undefined) logit = softcap * Math.tanh(logit / softcap);
          const distance = slopes ? at(slopes, h) * Math.abs(p - j) : 0;
          logit -= distance;
          logit += added;
`,
    instead: `          const distance = slopes ? at(slopes, h) * Math.abs(p - j) : 0;
          logit -= distance;
          logit += added;
          if (softcap !== undefined) logit = softcap * Math.tanh(logit / softcap);
`,
    suite: conformance("reference"),
  },
];

const ofTheWorker: readonly Bug[] = [
  {
    name: "an answer of any size is computed",
    file: "apps/edge/src/attention.ts",
    text: '  checkCost("the answer", "have", limits.numbers, "numbers", cost.numbers);\n',
    instead: "",
    suite: edge("limits"),
  },
  {
    name: "the cost of a call is linear in its length",
    file: "apps/edge/src/cost.ts",
    text: "rows * S * (D + Dv + LOGIT_COST)",
    instead: "rows * (D + Dv + LOGIT_COST)",
    suite: edge("limits"),
  },
  {
    name: "a ragged array takes the memory of what it claims",
    file: "apps/edge/src/attention.ts",
    text: "if (product(shapeOf(given)) > limits.bodyBytes)",
    instead: "if (shapeOf(given).length > limits.bodyBytes)",
    suite: edge("limits"),
  },
  {
    name: "memory of a request that is answered stays reserved",
    file: "apps/edge/src/budget.ts",
    text: "this.#held -= mine;",
    instead: "this.#held -= 0;",
    suite: edge("http"),
  },
  {
    name: "a body may be longer than is allowed",
    file: "apps/edge/src/body.ts",
    text: "if (end > limits.bodyBytes) throw new Failure",
    instead: "if (end < 0) throw new Failure",
    suite: edge("limits"),
  },
  {
    name: "a value that is left out is the query",
    file: "apps/edge/src/attention.ts",
    text: "value = key,",
    instead: "value = query,",
    suite: edge("worker"),
  },
  {
    name: "a mistake of the client's is a fault of the server's",
    file: "apps/edge/src/attention.ts",
    text: "if (!(error instanceof TypeError || error instanceof RangeError)) throw error;",
    instead: "if (error) throw error;",
    suite: edge("worker"),
  },
];

const ofPictures: readonly Bug[] = [
  {
    name: "a block of cells shows its last instead of its largest",
    file: "packages/viz/src/pool.ts",
    text: "if (found >= 0 && !(value > most || (Number.isNaN(value) && !Number.isNaN(most)))) continue;",
    instead: "",
    suite: viz("sizes"),
  },
  {
    name: "a block of cells shows what is hidden in it",
    file: "packages/viz/src/pool.ts",
    text: "if (cells.isHidden(row, column)) continue;",
    instead: "",
    suite: viz("sizes"),
  },
  {
    name: "a picture has as many cells as come in",
    file: "packages/viz/src/pictures.ts",
    text: "const SQUARES = 65_536;",
    instead: "const SQUARES = 2 ** 40;",
    suite: viz("sizes"),
  },
  {
    name: "a canvas is larger than browsers bear",
    file: "packages/viz/src/element/canvas.ts",
    text: "const AREA = 2 ** 22;",
    instead: "const AREA = 2 ** 30;",
    suite: viz("element"),
  },
  {
    name: "strides of a tensor are ignored",
    file: "packages/viz/src/matrix.ts",
    text: "const steps = strides ?? dense;",
    instead: "const steps = dense;",
    suite: viz("matrix"),
  },
  {
    name: "every head has the first one's mask",
    file: "packages/viz/src/matrix.ts",
    text: "hidden[hidden.length === 1 ? 0 : head]",
    instead: "hidden[0]",
    suite: viz("matrix"),
  },
  {
    name: "a tensor that is too short is read past its end",
    file: "packages/viz/src/matrix.ts",
    text: "if (strides ? data.length < needed : data.length !== needed)",
    instead: "if (needed < 0)",
    suite: viz("matrix"),
  },
  {
    name: "a space at a token's beginning is not seen",
    file: "packages/viz/src/text.ts",
    text: "(?<!\\S) | (?!\\S)|",
    instead: "",
    suite: viz("labels"),
  },
  {
    name: "a Hebrew label turns the order of what is around it",
    file: "packages/viz/src/text.ts",
    text: "RIGHT_TO_LEFT.test(label) ? ",
    instead: "label === '' ? ",
    suite: viz("labels"),
  },
  {
    name: "a picture is turned by a page from right to left",
    file: "packages/viz/src/svg.ts",
    text: '    direction: "ltr",\n',
    instead: "",
    suite: viz("element"),
  },
  {
    name: "ArrowRight goes left on a page from right to left",
    file: "packages/viz/src/element/style.ts",
    text: ".box{direction:ltr;",
    instead: ".box{",
    suite: viz("element"),
  },
  {
    name: "a picture is black where a policy forbids style sheets",
    file: "packages/viz/src/svg.ts",
    text: "return { ...plain, class: name };",
    instead: "return { class: name };",
    suite: viz("element"),
  },
  {
    name: "an element that moved to another document has no style sheet",
    file: "packages/viz/src/element/heatmap.ts",
    text: "    this.#view = undefined;\n    this.#queue();",
    instead: "",
    suite: viz("element"),
  },
  {
    name: "a canvas keeps the colours of another theme",
    file: "packages/viz/src/element/canvas.ts",
    text: '["transitionend", "animationend"]',
    instead: '["animationend"]',
    suite: viz("element"),
  },
  {
    name: "a property that was set before the element was known is for ever in its way",
    file: "packages/viz/src/element/heatmap.ts",
    text: "Reflect.deleteProperty(this, name);",
    instead: "",
    suite: viz("element"),
  },
  {
    name: "a table is written anew for each value",
    file: "packages/viz/src/element/table.ts",
    text: "if (element.textContent !== text) element.textContent = text;",
    instead: "element.textContent = text;",
    suite: viz("element"),
  },
  {
    name: "properties are drawn one by one",
    file: "packages/viz/src/element/heatmap.ts",
    text: "if (this.#isQueued || !this.isConnected) return;",
    instead: "if (!this.isConnected) return;",
    suite: viz("element"),
  },
];

const ofLayers: readonly Bug[] = [
  {
    name: "one row leaves out what three panels do not divide",
    file: "packages/kernel/assembly/nn/tiles.ts",
    text: "    tile_1<T>(end, 0, x, last, 0, bStride, steps, rest, accumulate, table);",
    instead: "",
    suite: kernel("nn-linear", "outputs"),
  },
  {
    name: "a block of inputs begins its sums anew",
    file: "packages/kernel/assembly/nn/tiles.ts",
    text: "return accumulate ? f32x4.add(v128.load(c), sum) : sum;",
    instead: "return sum;",
    suite: kernel("nn-linear", "inputs"),
  },
  {
    name: "the rows left over read the first rows again",
    file: "packages/kernel/assembly/nn/tiles.ts",
    text: "    x += xStride << 2;",
    instead: "",
    suite: kernel("nn-linear", "rows"),
  },
  {
    name: "an f16 row has its columns in the order of f32",
    file: "packages/kernel/assembly/nn/weights.ts",
    text: "return (n & 3) << 1 | n >> 2 & 1;",
    instead: "return n & 7;",
    suite: kernel("nn-linear", "F16 .* rows"),
  },
  {
    name: "the other half of a pair of int8 is read",
    file: "packages/kernel/assembly/nn/weights.ts",
    text: "number_at<T>(p, k & 1)",
    instead: "number_at<T>(p, 0)",
    suite: kernel("nn-weights", "INT8: what is packed"),
  },
  {
    name: "the last number of an odd row of int8 has a neighbour",
    file: "packages/kernel/assembly/nn/weights.ts",
    text: "if (K & 1) store<i8>(stored + <usize>K, 0);",
    instead: "",
    suite: kernel("nn-linear", "int8: exact sums"),
  },
  {
    name: "columns past the last output are not cleared",
    file: "packages/kernel/assembly/nn/weights.ts",
    text: "if (first + rows == N) fill_panel(format, weight, scales, N, K, stored);",
    instead: "",
    suite: kernel("nn-weights", "fill up"),
  },
  {
    name: "an int8 row with an Infinity is scaled all the same",
    file: "packages/kernel/assembly/nn/quantize.ts",
    text: "const finite = most < Infinity && most >= SMALLEST;",
    instead: "const finite = most > 0;",
    suite: kernel("nn-linear", "NaN, Infinity"),
  },
  {
    name: "the scale of activations is forgotten",
    file: "packages/kernel/assembly/nn/finish.ts",
    text: "if (a.scales) scale_sums(s, a.scales + at, factor, n);",
    instead: "if (a.scales) scale_sums(s, a.scales + at, 1, n);",
    suite: kernel("nn-linear", "INT8 .* rows"),
  },
  {
    name: "the bias comes after the activation",
    file: "packages/kernel/assembly/nn/finish.ts",
    text: "if (a.bias) add_rows(s, s, a.bias + at, n);\n  if (a.activation != Activation.NONE) activate(s, s, n, a.activation, table);",
    instead:
      "if (a.activation != Activation.NONE) activate(s, s, n, a.activation, table);\n  if (a.bias) add_rows(s, s, a.bias + at, n);",
    suite: kernel("nn-linear", "in this order"),
  },
  {
    name: "GELU with tanh where erf is asked for",
    file: "packages/kernel/assembly/nn/activations.ts",
    text: "if (kind == Activation.GELU) return gelu(x, table);",
    instead: "if (kind == Activation.GELU) return gelu_tanh(x, table);",
    suite: kernel("nn-rows", "GELU over"),
  },
  {
    name: "variance around zero",
    file: "packages/kernel/assembly/nn/norms.ts",
    text: "mean_square(s, n, shift) + eps",
    instead: "mean_square(s, n, 0) + eps",
    suite: kernel("nn-rows", "layer_norm"),
  },
  {
    name: "eps outside of the root",
    file: "packages/kernel/assembly/nn/norms.ts",
    text: "1 / sqrt<f32>(mean_square(s, n, shift) + eps)",
    instead: "1 / (sqrt<f32>(mean_square(s, n, shift)) + eps)",
    suite: kernel("nn-rows", "zeros"),
  },
  {
    name: "rotary positions turn the other way",
    file: "packages/kernel/assembly/nn/positions.ts",
    text: "store<f32>(a, v * c - w * s);\n  store<f32>(b, w * c + v * s);",
    instead: "store<f32>(a, v * c + w * s);\n  store<f32>(b, w * c - v * s);",
    suite: kernel("nn-rows", "rope_f32"),
  },
  {
    name: "angles in float32",
    file: "packages/kernel/assembly/nn/positions.ts",
    text: "<f32>sine_of(position * load<f64>(frequencies), quarters)",
    instead: "<f32>sine_of(<f64><f32>(position * load<f64>(frequencies)), quarters)",
    suite: kernel("nn-rows", "sinusoids"),
  },
  {
    name: "the last of equal logits",
    file: "packages/kernel/assembly/nn/rows.ts",
    text: "if (v > largest) largest = v;\n  }\n  for (let i = 0; i < n; ++i) if (load<f32>(x + (<usize>i << 2)) == largest) return i;",
    instead:
      "if (v > largest) largest = v;\n  }\n  for (let i = n - 1; i >= 0; --i) if (load<f32>(x + (<usize>i << 2)) == largest) return i;",
    suite: kernel("nn-rows", "argmax"),
  },
];

const ofTransformers: readonly Bug[] = [
  {
    name: "keys and values are read where the queries are",
    file: "packages/nn/src/layers/multihead-step.ts",
    text: "first: joined ? i * E - product.range.first : 0",
    instead: "first: 0",
    suite: nn("layers-property", "multiheadAttention"),
  },
  {
    name: "a part of a projection begins within a panel",
    file: "packages/nn/src/layers/multihead-step.ts",
    text: "Math.floor((from * E) / 8) * 8",
    instead: "from * E",
    suite: nn("layers-property", "in_proj_weight"),
  },
  {
    name: "a part of a projection gets the whole one's bias",
    file: "packages/nn/src/layers/steps.ts",
    text: "frame.at(this.#bias) + 4 * (range?.first ?? 0)",
    instead: "frame.at(this.#bias)",
    suite: nn("layers-property", "in_proj_weight"),
  },
  {
    name: "attention without its residual",
    file: "packages/nn/src/layers/multihead-step.ts",
    text: "this.#output.run(y, attended, B * L, { residual });",
    instead: "this.#output.run(y, attended, B * L, {});",
    suite: nn("layers-property", "transformerEncoderLayer"),
  },
  {
    name: "normFirst adds what was normalised",
    file: "packages/nn/src/layers/parts.ts",
    text: "run(h, y, x);",
    instead: "run(h, y, h);",
    suite: nn("layers-property", "transformerEncoderLayer"),
  },
  {
    name: "the decoder attends to itself twice",
    file: "packages/nn/src/layers/parts.ts",
    text: "const rows = memory ? this.#space.matrix(memory.slot, memory.E) : from;",
    instead: "const rows = from;",
    suite: nn("layers-property", "transformerDecoderLayer"),
  },
  {
    name: "gelu is tanh's unless said otherwise",
    file: "packages/nn/src/layers/activations.ts",
    text: 'approximate === "tanh" ? "gelu_tanh" : "gelu"',
    instead: 'approximate === "none" ? "gelu_tanh" : "gelu"',
    suite: nn("layers-property", "gelu"),
  },
  {
    name: "a name that a layer does not know is passed over",
    file: "packages/nn/src/layers/parameters.ts",
    text: "parameters[name] !== undefined && !names.includes(name)",
    instead: "false",
    suite: nn("layers-errors", "a name with a slip"),
  },
  {
    name: "weights of two engines in one call",
    file: "packages/nn/src/layers/parameters.ts",
    text: "known && this.#kernel && known.kernel !== this.#kernel",
    instead: "false",
    suite: nn("layers-errors", "Weights of two engines"),
  },
  {
    name: "a weight is made of a view that growing memory took away",
    file: "packages/nn/src/engine/weight.ts",
    text: '(sourceOf(from) && kernel.memory.locate(api, "weight", bytes)) || own(kernel, bytes)',
    instead: "bytes",
    suite: nn("weight", "makes that grow"),
  },
];

export const bugs: readonly Bug[] = [
  ...ofSoftmax,
  ...ofLogits,
  ...ofHeads,
  ...ofTiles,
  ...ofLayers,
  ...ofTransformers,
  ...ofCaches,
  ...ofMemory,
  ...ofTheReference,
  ...ofTheWorker,
  ...ofPictures,
];
