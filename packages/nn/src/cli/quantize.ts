// Weights in a smaller type, from files to a file: what becomes of each tensor is planned from headers, then one after the other
// goes where it stands in the file that is written. Converts no numbers itself.
import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { counted } from "@attn/core/engine";
import { wrongTensor } from "../errors.ts";
import type { StoredDtype } from "../types.ts";
import { byOffset, type Entry } from "../weights/header.ts";
import { SCALE } from "../weights/quantize.ts";
import { layOut } from "../weights/write.ts";
import type { QuantizeRequest } from "./arguments.ts";
import { type Become, convert, LIMITS, type Limits, Source } from "./convert.ts";
import { fileError, type Inputs, openFile, type WeightFile } from "./files.ts";
import { fit, guessUse } from "./fit.ts";

interface Job {
  readonly file: WeightFile;
  readonly entry: Entry;
  readonly become: Become;
}

/** A tensor of the file that is written. */
interface Output {
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
}

export interface Converted {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly converted: number;
  readonly copied: number;
}

export interface Watch {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** @throws RangeError where the weights do not fit the config, or cannot be kept in this type. */
function plan({ files, config }: Inputs, dtype: QuantizeRequest["dtype"]): Job[] {
  const known = config && fit(files, config);
  if (known && known.problems.length > 0)
    throw new RangeError(
      `${config.path}: the weights must fit this config, got ${counted(known.problems.length, "tensor")} that ${known.problems.length === 1 ? "does" : "do"} not: ${known.problems.join("; ")}`,
    );
  const use = known?.use ?? guessUse;
  const jobs = files.flatMap((file) =>
    byOffset(file.entries).map((entry): Job => {
      const { packed, transposed } = use(entry.name, entry);
      if (!packed || (dtype === "f16" && entry.dtype === "F16")) return { file, entry, become: "copy" };
      return { file, entry, become: dtype === "f16" ? "f16" : transposed ? "int8 turned" : "int8" };
    }),
  );
  // A file has its layers either way, [in, out] or [out, in].
  if (jobs.some(({ become }) => become === "int8 turned"))
    for (const { file, entry } of jobs)
      if (entry.dtype === "I8" && use(entry.name, entry).transposed)
        throw wrongTensor(file.path, entry.name, "must be of floats, as other layers are, got I8");
  return jobs;
}

function outputsOf({ file, entry, become }: Job, names: ReadonlySet<string>): Output[] {
  const { name, dtype, shape } = entry;
  if (become === "copy") return [{ name, dtype, shape }];
  if (become === "f16") return [{ name, dtype: "F16", shape }];
  const scale = name + SCALE;
  if (names.has(scale))
    throw wrongTensor(file.path, scale, `must not be there beside ${name}, which has no scales yet`);
  const turned = become === "int8 turned" ? shape.toReversed() : shape;
  return [
    { name, dtype: "I8", shape: turned },
    { name: scale, dtype: "F32", shape: turned.slice(0, -1) },
  ];
}

/** What all files say, the first of them where they disagree. */
function metadataOf(files: readonly WeightFile[]): Record<string, string> | undefined {
  const all = files.flatMap(({ metadata }) => [...(metadata ?? [])]);
  return files.some(({ metadata }) => metadata) ? Object.fromEntries(all.toReversed()) : undefined;
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";
const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Writes beside the file that is asked for, and gives it its name when it is whole. */
export async function quantize(
  inputs: Inputs,
  request: QuantizeRequest,
  watch: Watch,
  limits: Limits = LIMITS,
): Promise<Converted> {
  const { out, force } = request;
  const refuse = async (): Promise<void> => {
    if (!force && (await isThere(out))) throw new Error(`${out}: the file is there already; --force overwrites it`);
  };
  await refuse();
  const jobs = plan(inputs, request.dtype);
  const names = new Set(jobs.map(({ entry }) => entry.name));
  const outputs = jobs.map((job) => outputsOf(job, names));
  const { header, begins, size } = layOut(outputs.flat(), metadataOf(inputs.files));

  const beside = `${out}.${randomBytes(4).toString("hex")}.tmp`;
  let writer: FileHandle;
  try {
    writer = await open(beside, "wx");
  } catch (error) {
    throw isMissing(error) ? new Error(`${out}: there is no folder to write it to`) : fileError(out, error);
  }
  try {
    try {
      // All of it is there, as zeros, so that what has no bytes to come needs none.
      await writer.truncate(size);
      await writeAt(out, writer, header, 0);
      await convertAll(jobs, outputs, begins, out, writer, watch, limits);
      await writer.sync();
    } finally {
      await writer.close();
    }
    await refuse();
    await rename(beside, out).catch((error: unknown) => {
      throw fileError(out, error);
    });
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  const copied = jobs.filter(({ become }) => become === "copy").length;
  const bytesBefore = inputs.files.reduce((sum, file) => sum + file.size, 0);
  return { bytesBefore, bytesAfter: size, converted: jobs.length - copied, copied };
}

async function convertAll(
  jobs: readonly Job[],
  outputs: readonly (readonly Output[])[],
  begins: readonly number[],
  out: string,
  writer: FileHandle,
  { signal, onProgress }: Watch,
  limits: Limits,
): Promise<void> {
  const total = jobs.reduce((sum, { entry }) => sum + entry.end - entry.begin, 0);
  let done = 0;
  let next = 0;
  let path: string | undefined;
  let reader: FileHandle | undefined;
  try {
    for (const [i, job] of jobs.entries()) {
      const { file, entry } = job;
      if (file.path !== path) {
        await reader?.close();
        reader = await openFile(file.path);
        path = file.path;
      }
      const [begin = 0, scales = 0] = begins.slice(next, (next += (outputs[i] as readonly Output[]).length));
      const source = new Source(file, entry, reader as FileHandle, limits);
      const write = (bytes: ArrayBufferView, position: number) => writeAt(out, writer, bytes, position);
      const tick = (bytes: number): void => {
        signal.throwIfAborted();
        done += bytes;
        onProgress(done, total);
      };
      await convert[job.become](source, { write, tick, begin, scales });
    }
  } finally {
    await reader?.close();
  }
}

async function writeAt(out: string, writer: FileHandle, view: ArrayBufferView, position: number): Promise<void> {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  try {
    for (let done = 0; done < bytes.length; )
      done += (await writer.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  } catch (error) {
    throw fileError(out, error);
  }
}
