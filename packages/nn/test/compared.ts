// A model in wasm memory behind the face of the float64 reference, so that one set of goldens holds both. Holds no cases.
import { createAttention, type Tensor } from "@attn/core";
import {
  createModel,
  type Decoder,
  type Encoder,
  type EncoderDecoder,
  type ModelConfig,
  type StateDict,
} from "@attn/nn";
import { Kernel } from "../src/engine/kernel.ts";
import type { Architecture, Stack } from "../src/models/architecture.ts";
import { EncoderModel } from "../src/models/encoder.ts";
import { readConfig } from "../src/models/families.ts";
import { StackAt } from "../src/models/forward.ts";
import { Parameters } from "../src/models/parameters.ts";
import type { Matrix, Pass, PassOptions } from "./reference.ts";

/** The last two axes of a tensor as rows, and those before it as a list of such. */
const rowsOf = ({ data, shape }: Tensor): Matrix => {
  const n = shape.at(-1) as number;
  return Array.from({ length: n === 0 ? 0 : data.length / n }, (_, i) =>
    Float64Array.from(data.subarray(i * n, (i + 1) * n)),
  );
};
const headsOf = ({ data, shape }: Tensor): Matrix[] => {
  const [H, L, S] = shape as readonly [number, number, number];
  return Array.from({ length: H }, (_, h) =>
    rowsOf({ data: data.subarray(h * L * S, (h + 1) * L * S), shape: [L, S] }),
  );
};
const tensorOf = (rows: Matrix): Tensor => ({
  data: Float32Array.from(rows.flatMap((row) => [...row])),
  shape: [rows.length, rows[0]?.length ?? 0],
});

export class ComparedModel {
  readonly architecture: Architecture;
  readonly #model: Encoder | Decoder | EncoderDecoder;
  readonly #config: ModelConfig;
  readonly #weights: StateDict;

  constructor(config: unknown, files: StateDict | readonly StateDict[]) {
    this.#config = config as ModelConfig;
    this.#weights = Array.isArray(files)
      ? new Map(files.flatMap((file: StateDict) => [...file]))
      : (files as StateDict);
    this.architecture = readConfig("createModel", config);
    this.#model = createModel(this.#config, this.#weights);
  }

  encode(ids: ArrayLike<number>, { types, headMask }: PassOptions = {}): Pass {
    return this.#encode(this.#model as Encoder, ids, { types, headMask });
  }

  #encode(model: Pick<Encoder, "encode">, ids: ArrayLike<number>, { types, headMask }: PassOptions): Pass {
    const { output, hidden, weights } = model.encode([ids], {
      returnHidden: true,
      returnWeights: true,
      headMask: headMask as number[][] | undefined,
      tokenTypes: types ? [types] : undefined,
    });
    return {
      output: rowsOf(output[0] as Tensor),
      hidden: (hidden as Tensor[][])[0]?.map(rowsOf) ?? [],
      self: (weights as Tensor[][])[0]?.map(headsOf) ?? [],
      cross: [],
    };
  }

  /** `output` are logits here, for `project` to leave as they are; a decoder's public face has nothing between. */
  decode(ids: ArrayLike<number>, memory?: Matrix, { headMask }: PassOptions = {}): Pass {
    const options = {
      returnWeights: true,
      capacity: Math.max(1, ids.length),
      headMask: headMask as number[][] | undefined,
    };
    const { kind } = this.#model;
    using sequence =
      kind === "encoder-decoder"
        ? (this.#model as EncoderDecoder).start(tensorOf(memory as Matrix), options)
        : (this.#model as Decoder).start(options);
    sequence.append(ids);
    const { self = [], cross = [] } = sequence.attentions ?? {};
    return {
      output: this.logits(ids, memory, { headMask }),
      hidden: memory ? [] : this.#hidden(ids),
      self: self.map(headsOf),
      cross: cross.map(headsOf),
    };
  }

  project(rows: Matrix): Matrix {
    return rows;
  }

  logits(ids: ArrayLike<number>, memory?: Matrix, { headMask }: PassOptions = {}): Matrix {
    if (this.#model.kind === "decoder" && !headMask) return rowsOf(this.#model.logits(ids));
    const options = { capacity: Math.max(1, ids.length), headMask: headMask as number[][] | undefined };
    using sequence = memory
      ? (this.#model as EncoderDecoder).start(tensorOf(memory), options)
      : (this.#model as Decoder).start(options);
    return Array.from(
      ids,
      (id) =>
        rowsOf({ ...sequence.append(id), shape: [sequence.length === 0 ? 0 : (this.#V as number)] })[0] as Float64Array,
    );
  }

  get #V(): number {
    const { architecture } = this;
    return architecture.kind === "encoder" ? 0 : (architecture.head.weight.shape[0] as number);
  }

  /** What runs through a decoder's blocks, by the pass that encoders have. */
  #hidden(ids: ArrayLike<number>): readonly Matrix[] {
    using engine = createAttention();
    const kernel = Kernel.of("createModel", engine);
    const parameters = new Parameters("createModel", kernel, this.architecture, "f32");
    parameters.read(this.#weights);
    const stack = new StackAt(kernel, (this.architecture as { decoder: Stack }).decoder, parameters.finish());
    const loaded = { config: this.#config, kernel, parameters, stacks: [stack], own: undefined };
    return this.#encode(new EncoderModel(loaded, stack), ids, {}).hidden;
  }
}
