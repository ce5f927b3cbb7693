// The command of the package: owns the process (its streams, signals and exit codes); what is said and done is decided elsewhere.
import picocolors from "picocolors";
import yoctoSpinner from "yocto-spinner";
import manifest from "../../package.json" with { type: "json" };
import { help, type QuantizeRequest, readArguments } from "./arguments.ts";
import { type Inputs, readInputs, readJson } from "./files.ts";
import { inspect } from "./inspect.ts";
import { quantize } from "./quantize.ts";
import { counted, printable, sizeText } from "./text.ts";

/** A stream that is a terminal knows whether it has colours, and whether NO_COLOR forbids them. */
const colorsOf = (stream: NodeJS.WriteStream) => picocolors.createColors(stream.isTTY === true && stream.hasColors());

const say = (lines: readonly string[]): void => void process.stdout.write(`${lines.join("\n")}\n`);

function fail(code: number, lines: readonly string[]): void {
  process.exitCode = code;
  const { red } = colorsOf(process.stderr);
  process.stderr.write(`${lines.map((line) => red(printable(line))).join("\n")}\n`);
}

async function runInspect(files: readonly string[]): Promise<void> {
  const { lines, problems } = inspect(await readInputs(files), colorsOf(process.stdout));
  say(lines);
  if (problems.length > 0) fail(1, problems);
}

async function runQuantize(request: QuantizeRequest): Promise<void> {
  const stop = new AbortController();
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)
    process.once(signal, () => {
      process.exitCode = code;
      stop.abort();
    });
  const spinner = process.stderr.isTTY ? yoctoSpinner({ text: request.out, handleSignals: false }).start() : undefined;
  try {
    const given = await readInputs(request.files);
    const { bytesBefore, bytesAfter, converted, copied } = await quantize(await withConfig(given, request), request, {
      signal: stop.signal,
      onProgress: (done, total) => {
        if (!spinner) return;
        const share = total === 0 ? 100 : Math.floor((100 * done) / total);
        const text = `${request.out}: ${share} %, ${sizeText(done)} of ${sizeText(total)} read`;
        if (text !== spinner.text) spinner.text = text;
      },
    });
    spinner?.stop();
    const copies = copied > 0 ? `, ${copied} as ${copied === 1 ? "it is" : "they are"}` : "";
    say([
      `${printable(request.out)}: ${sizeText(bytesAfter)}, from ${sizeText(bytesBefore)}; ${counted(converted, "tensor")} in ${request.dtype}${copies}`,
    ]);
  } catch (error) {
    spinner?.stop();
    if (!stop.signal.aborted) throw error;
  }
}

async function withConfig(inputs: Inputs, { config: path }: QuantizeRequest): Promise<Inputs> {
  if (path === undefined) return inputs;
  if (inputs.config) throw new Error(`${path}: there must be one config, got ${inputs.config.path} before it`);
  return { ...inputs, config: { path, values: await readJson(path) } };
}

async function main(): Promise<void> {
  const request = readArguments(process.argv.slice(2));
  if (request.kind === "error") return fail(2, [`${request.message}. npx @attn/nn --help says more`]);
  if (request.kind === "help") return say([help]);
  if (request.kind === "version") return say([manifest.version]);
  try {
    await (request.kind === "inspect" ? runInspect(request.files) : runQuantize(request));
  } catch (error) {
    fail(1, [(error as Error).message]);
  }
}

// The reader of a pipe may leave early (`… | head`): nothing is left to do then.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

await main();
