// The command line, read and judged: arguments → what to do. Prints nothing and ends nothing.
import { parseArgs } from "node:util";

export type Request =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "inspect"; readonly files: readonly string[] }
  | ({ readonly kind: "quantize" } & QuantizeRequest)
  /** A sentence that says what is wrong. */
  | { readonly kind: "error"; readonly message: string };

export interface QuantizeRequest {
  readonly files: readonly string[];
  readonly out: string;
  readonly dtype: "int8" | "f16";
  readonly config: string | undefined;
  readonly force: boolean;
}

export const help = `Usage: npx @attn/nn <command>

  inspect <file…> [config.json]
      What is in safetensors files: names, shapes, types, counts, metadata. With the
      config.json of a model: its family, whether the weights fit it, and what they
      take in memory. Only headers are read.

  quantize <file…> --out <file> --dtype int8|f16 [--config config.json] [--force]
      The same weights, smaller, in one file. int8: one scale a row, stored under the
      weight's name and ".scale". With --config exactly those matrices become smaller
      that the model keeps in this type; without, all matrices of floats but those
      whose names say that they are norms, biases or positions. All else is copied.
      An existing file is overwritten with --force alone.

A <file> is model.safetensors, one of several shards, or model.safetensors.index.json.

  --help, -h    this
  --version     the version

Ends with 0; with 1 where a file is refused, or does not fit its config; with 2 where the
command is not understood.`;

const options = {
  out: { type: "string" },
  dtype: { type: "string" },
  config: { type: "string" },
  force: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

const OF_QUANTIZE = ["out", "dtype", "config", "force"] as const;

export function readArguments(args: readonly string[]): Request {
  const wrong = (message: string): Request => ({ kind: "error", message });
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (values.help) return { kind: "help" };
    if (values.version) return { kind: "version" };
    const [command, ...files] = positionals;
    if (command !== "inspect" && command !== "quantize")
      return wrong(`the command must be inspect or quantize, got ${command ?? "none"}`);
    if (files.length === 0) return wrong(`${command} must have at least one file, got none`);
    if (command === "inspect") {
      const other = OF_QUANTIZE.find((name) => values[name] !== undefined);
      return other ? wrong(`--${other} is an option of quantize, not of inspect`) : { kind: "inspect", files };
    }
    const { out, dtype, config, force = false } = values;
    if (!out) return wrong("--out must name the file to write, got nothing");
    if (dtype !== "int8" && dtype !== "f16") return wrong(`--dtype must be int8 or f16, got ${dtype ?? "nothing"}`);
    return { kind: "quantize", files, out, dtype, config, force };
  } catch (error) {
    // The first sentence: those behind it are of other cases.
    return wrong((error as Error).message.replace(/\. .*/s, ""));
  }
}
