// One fresh process: makes inputs, then loads one library, computes once, checks, computes on, and prints what it
// observed. What this file itself needs is loaded before the clock starts.

import type { Case } from "../benchmark.ts";
import { peers } from "../peers/index.ts";
import { median } from "../statistics.ts";
import { inputsOf } from "../workloads.ts";
import { agreement } from "./verify.ts";

/** Milliseconds, and bytes. */
export interface Observed {
  /** Loading the library and preparing the case. */
  readonly prepared: number;
  /** The first call. */
  readonly first: number;
  /** A call after others. */
  readonly warm: number;
  /** All WebAssembly memory after the first call. */
  readonly memory: number;
  /** The most that was held at once beyond what was there before loading: WebAssembly memory, and JavaScript's without garbage. */
  readonly peak: number;
}

const WARM_CALLS = 15;

/** Every WebAssembly memory that comes into being from now on, whoever makes or exports it. */
function watchMemories(): ReadonlySet<WebAssembly.Memory> {
  const memories = new Set<WebAssembly.Memory>();
  const { Memory, Instance, instantiate } = WebAssembly;
  const exportedBy = (instance: WebAssembly.Instance): void => {
    for (const value of Object.values(instance.exports)) if (value instanceof Memory) memories.add(value);
  };
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      memories.add(this);
    }
  };
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports);
      exportedBy(this);
    }
  };
  const watched = async (source: BufferSource | WebAssembly.Module, imports?: WebAssembly.Imports) => {
    const result: unknown = await instantiate(source as WebAssembly.Module, imports);
    exportedBy(result instanceof Instance ? result : (result as WebAssembly.WebAssemblyInstantiatedSource).instance);
    return result;
  };
  WebAssembly.instantiate = watched as typeof instantiate;
  return memories;
}

/** Turns of the event loop from one look at memory to the next: collecting garbage takes its time. */
const TURNS = 16;

/**
 * Looks at memory as the event loop comes round, until the returned function is called. Only where garbage can be collected
 * on demand: what is not yet collected is not held.
 */
function watchPeak(wasmBytes: () => number): () => number {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) return () => Number.NaN;
  const held = (): number => {
    gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers + wasmBytes();
  };
  const before = held();
  let most = before;
  let watching = true;
  let turn = 0;
  const look = (): void => {
    if (!watching) return;
    if (turn++ % TURNS === 0) most = Math.max(most, held());
    setImmediate(look);
  };
  setImmediate(look);
  return () => {
    watching = false;
    return Math.max(most, held()) - before;
  };
}

async function observe({ peer, mode, workload }: Case): Promise<Observed> {
  const inputs = inputsOf(workload);
  const strategies = peers[peer].strategies(workload);
  if (typeof strategies === "string") throw new Error(strategies);
  const strategy = mode === undefined ? strategies[0] : strategies.find((each) => each.mode === mode);
  if (!strategy) throw new Error(`no strategy of mode ${mode}`);
  const file = strategy.file?.(inputs) ?? new Uint8Array();
  const memories = watchMemories();
  const wasmBytes = (): number => [...memories].reduce((bytes, { buffer }) => bytes + buffer.byteLength, 0);
  const peak = watchPeak(wasmBytes);

  const start = performance.now();
  const runner = await strategy.prepare(workload, inputs, file);
  const prepared = performance.now() - start;
  let before = performance.now();
  const result = await runner.run();
  const first = performance.now() - before;

  const memory = wasmBytes();
  const loadingPeak = peak();
  const { wrong } = agreement(workload, inputs, runner.output(result), strategy.quantized);
  if (wrong) throw new Error(`gives wrong numbers: ${wrong}`);
  const times: number[] = [];
  for (let i = 0; i < WARM_CALLS; i++) {
    before = performance.now();
    await runner.run();
    times.push(performance.now() - before);
  }
  return { prepared, first, warm: median(times.slice(WARM_CALLS / 3)), memory, peak: loadingPeak };
}

console.log(JSON.stringify(await observe(JSON.parse(process.argv[2] as string) as Case)));
// Some libraries leave something open.
process.exit();
