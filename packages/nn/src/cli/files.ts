// The files of a model on a disk: opened, their headers read, their index followed. The one place that reads; it never reads
// more than is asked for. Knows no models.
import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describe } from "@attn/core/engine";
import { quote, wrongTensor } from "../errors.ts";
import { type FileHeader, headerLength, LENGTH_BYTES, readHeader } from "../weights/header.ts";

/** A safetensors file whose header was read. */
export interface WeightFile extends FileHeader {
  readonly path: string;
  readonly size: number;
  /** Where its data begins. */
  readonly start: number;
}

export interface Inputs {
  readonly files: readonly WeightFile[];
  /** A config.json among them, and where it is. */
  readonly config: { readonly path: string; readonly values: object } | undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "it may not be opened",
  EPERM: "it may not be opened",
  EISDIR: "it is a folder",
  EEXIST: "it is there already",
  ENOSPC: "the disk is full",
};

/** What the system says of a file, as a sentence. */
export function fileError(path: string, error: unknown): Error {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return new Error(`${path}: ${REASONS[code] ?? message}`, { cause: error });
}

/** Fills `into` from a place of a file. */
export async function readAt(path: string, handle: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let filled = 0; filled < into.length; ) {
    const { bytesRead } = await handle.read(into, filled, into.length - filled, position + filled);
    if (bytesRead === 0) throw new Error(`${path}: the file ends at byte ${position + filled}, though it was longer`);
    filled += bytesRead;
  }
}

export async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    throw fileError(path, error);
  }
}

async function readWeightFile(path: string): Promise<WeightFile> {
  const found = await stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  // Before it is opened: a pipe would wait for its other end.
  if (!found.isFile())
    throw new Error(`${path}: it must be a file, got ${found.isDirectory() ? "a folder" : "something else"}`);
  const handle = await openFile(path);
  try {
    const { size } = await handle.stat();
    const first = new Uint8Array(Math.min(LENGTH_BYTES, size));
    await readAt(path, handle, first, 0);
    const json = new Uint8Array(headerLength(path, first, size));
    await readAt(path, handle, json, LENGTH_BYTES);
    const start = LENGTH_BYTES + json.length;
    return { ...readHeader(path, json, size - start), path, size, start };
  } finally {
    await handle.close();
  }
}

export async function readJson(path: string): Promise<object> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw fileError(path, error);
  }
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    throw new Error(`${path}: the file must be JSON, got ${quote(text.slice(0, 40))}`);
  }
  if (typeof values !== "object" || values === null || Array.isArray(values))
    throw new Error(`${path}: the file must hold an object, got ${describe(values)}`);
  return values;
}

const isJson = (path: string): boolean => path.toLowerCase().endsWith(".json");

/** The shards that an index names, each with the tensors that it is said to have. */
function shardsOf(path: string, map: unknown): Map<string, string[]> {
  if (typeof map !== "object" || map === null || Array.isArray(map))
    throw new Error(`${path}: "weight_map" must be an object of file names, got ${describe(map)}`);
  const shards = new Map<string, string[]>();
  for (const [name, file] of Object.entries(map)) {
    // An index speaks of its own folder.
    if (typeof file !== "string" || file === "" || basename(file) !== file || file.includes("\\") || file === "..")
      throw wrongTensor(path, name, `must have the name of a file beside the index, got ${describe(file)}`);
    const names = shards.get(file);
    if (names) names.push(name);
    else shards.set(file, [name]);
  }
  return shards;
}

async function readIndex(path: string, map: unknown): Promise<WeightFile[]> {
  const files: WeightFile[] = [];
  for (const [name, tensors] of shardsOf(path, map)) {
    const file = await readWeightFile(join(dirname(path), name));
    const there = new Set(file.entries.map((entry) => entry.name));
    const missing = tensors.find((tensor) => !there.has(tensor));
    if (missing !== undefined) throw wrongTensor(path, missing, `must be in ${name}, as the index says`);
    files.push(file);
  }
  return files;
}

/**
 * Reads headers. A .json among the paths is an index where it has a weight_map, and a config where it has a model_type.
 *
 * @throws Error, RangeError that begins with the path of the file that is refused.
 */
export async function readInputs(paths: readonly string[]): Promise<Inputs> {
  const files: WeightFile[] = [];
  let config: Inputs["config"];
  for (const path of paths) {
    if (!isJson(path)) {
      files.push(await readWeightFile(path));
      continue;
    }
    const values = await readJson(path);
    if (Object.hasOwn(values, "weight_map")) {
      files.push(...(await readIndex(path, (values as { weight_map: unknown }).weight_map)));
    } else if (!Object.hasOwn(values, "model_type")) {
      throw new Error(
        `${path}: the file must have a "weight_map", as an index has, or a "model_type", as a config has`,
      );
    } else if (config) {
      throw new Error(`${path}: there must be one config, got ${config.path} before it`);
    } else config = { path, values };
  }
  if (files.length === 0) throw new Error(`${paths[0]}: there must be a safetensors file beside it, got none`);
  const places = new Map<string, string>();
  for (const { path, entries } of files)
    for (const { name } of entries) {
      const other = places.get(name);
      if (other !== undefined) throw wrongTensor(path, name, `must be in one file, got it in ${other} too`);
      places.set(name, path);
    }
  return { files, config };
}
