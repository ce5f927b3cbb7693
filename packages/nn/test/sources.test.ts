// Every kind of source, shards, progress, aborts, and what a network answers instead of a file. No network is asked.
import { createRandom } from "@attn/conformance";
import { type WeightSource, writeSafetensors } from "@attn/nn";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ReadOptions, readSources } from "../src/weights/sources.ts";
import { Collector, pieces } from "./files.ts";

const random = createRandom(3);
const shards = [
  writeSafetensors(new Map([["a", random.tensor([4, 5])]])),
  writeSafetensors(new Map([["b", random.tensor([6])]])),
] as const;
const [first, second] = shards;

afterEach(() => vi.unstubAllGlobals());

interface Watched {
  readonly stream: ReadableStream<Uint8Array>;
  cancelled?: unknown;
  pulled: number;
}
/** A stream of pieces that says whether it was cancelled. */
function watch(bytes: Uint8Array, length = 50, atEnd?: (controller: ReadableStreamDefaultController) => void): Watched {
  const rest = pieces(bytes, length);
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { value, done } = rest.next();
        watched.pulled++;
        if (!done) controller.enqueue(value);
        else if (atEnd) atEnd(controller);
        else controller.close();
      },
      cancel(reason) {
        watched.cancelled = reason ?? "cancelled";
      },
    },
    { highWaterMark: 0 },
  );
  const watched: Watched = { stream, pulled: 0 };
  return watched;
}

async function read(source: unknown, options?: ReadOptions, collector = new Collector()): Promise<Collector> {
  await readSources("loadModel", "weights", source as WeightSource, collector, options);
  return collector;
}
const bodyOf = (bytes: Uint8Array): ArrayBuffer => bytes.slice().buffer as ArrayBuffer;

describe("reads", () => {
  it.each<[string, () => unknown]>([
    ["bytes", () => first],
    ["an ArrayBuffer", () => bodyOf(first)],
    ["a Buffer", () => Buffer.from(first)],
    ["a Response", () => new Response(bodyOf(first))],
    ["a promise of a Response", () => Promise.resolve(new Response(bodyOf(first)))],
    // biome-ignore lint/suspicious/noThenProperty: a promise of another library
    ["a thenable", () => ({ then: (done: (x: Response) => void) => done(new Response(bodyOf(first))) })],
    ["a stream", () => watch(first, 7).stream],
    ["a list of one", () => [first]],
  ])("%s", async (_, make) => {
    const { tensors } = await read(make());
    expect(tensors.get("a")?.bytes).toEqual(first.subarray(first.length - 80));
  });

  it.each([["https://example.com/model"], [new URL("https://example.com/model")]])(
    "the address %s",
    async (address) => {
      const fetched = vi.fn(async (_: string | URL, __: RequestInit) => new Response(bodyOf(first)));
      vi.stubGlobal("fetch", fetched);
      const { signal } = new AbortController();
      expect((await read(address, { signal })).tensors.size).toBe(1);
      expect(fetched.mock.calls).toEqual([[address, { signal }]]);
    },
  );

  it("shards of every kind one behind the other", async () => {
    const { tensors, calls } = await read([watch(second, 3).stream, Promise.resolve(new Response(bodyOf(first)))]);
    expect([...tensors.keys()]).toEqual(["b", "a"]);
    expect(calls.map(({ name }) => name)[0]).toBe("b");
  });

  it("does not open the next before the last is read", async () => {
    const order: string[] = [];
    vi.stubGlobal("fetch", async (address: string) => {
      order.push(`fetch ${address}`);
      return new Response(watch(shards[Number(address)] as Uint8Array, 1e6).stream);
    });
    const collector = new Collector();
    const rows = collector.rows.bind(collector);
    collector.rows = (entry, row, bytes) => {
      order.push(entry.name);
      rows(entry, row, bytes);
    };
    await read(["0", "1"], {}, collector);
    expect(order).toEqual(["fetch 0", "a", "fetch 1", "b"]);
  });

  it("no data of a file whose header is not wanted, and closes it", async () => {
    const watched = watch(first, 30);
    await read([watched.stream, second], {}, new Collector({ wanted: false }));
    expect(watched.cancelled).toBeDefined();
  });
});

describe("progress", () => {
  const follow = async (source: unknown): Promise<[number, number | undefined][]> => {
    const seen: [number, number | undefined][] = [];
    await read(source, { onProgress: ({ loadedBytes, totalBytes }) => seen.push([loadedBytes, totalBytes]) });
    return seen;
  };
  const total = first.length + second.length;

  it("of bytes", async () =>
    expect(await follow([first, second])).toEqual([
      [first.length, total],
      [total, total],
    ]));

  it("of a stream, whose length its header tells", async () => {
    const seen = await follow(watch(first, 60).stream);
    expect(seen[0]).toEqual([60, undefined]);
    expect(seen[1]).toEqual([120, first.length]);
    expect(seen.at(-1)).toEqual([first.length, first.length]);
  });

  it("of responses with a content-length, from the start", async () => {
    const answer = (bytes: Uint8Array, headers = {}) =>
      new Response(watch(bytes, 60).stream, { headers: { "content-length": `${bytes.length}`, ...headers } });
    expect((await follow([answer(first), answer(second)]))[0]).toEqual([60, total]);
    // Compressed, it is the length of something else.
    expect((await follow([answer(first), answer(second, { "content-encoding": "gzip" })]))[0]).toEqual([60, undefined]);
  });

  it("of shards whose length nobody knows is without a total until the last is open", async () => {
    const seen = await follow([watch(first, 1e6).stream, watch(second, 1e6).stream]);
    expect(seen).toEqual([
      [first.length, undefined],
      [total, total],
    ]);
  });
});

describe("abort", () => {
  it("before it begins opens nothing", async () => {
    const fetched = vi.fn();
    vi.stubGlobal("fetch", fetched);
    await expect(read("https://example.com", { signal: AbortSignal.abort("no more") })).rejects.toBe("no more");
    await expect(read(first, { signal: AbortSignal.abort("no more") })).rejects.toBe("no more");
    expect(fetched).not.toHaveBeenCalled();
  });

  it("between pieces cancels the stream and says the signal's reason", async () => {
    const controller = new AbortController();
    const [watched, later] = [watch(first, 20), watch(second, 20)];
    const reading = read([watched.stream, new Response(later.stream)], {
      signal: controller.signal,
      onProgress: ({ loadedBytes }) => loadedBytes >= 40 && controller.abort(new Error("enough")),
    });
    await expect(reading).rejects.toThrow("enough");
    expect(watched.cancelled).toEqual(new Error("enough"));
    expect(watched.pulled).toBeLessThan(5);
    await vi.waitFor(() => expect(later.cancelled).toBeDefined());
  });

  it("ends a read that waits", async () => {
    const controller = new AbortController();
    const watched = watch(first, 20, () => controller.abort(new Error("stalled")));
    const stalled = watch(first.subarray(0, 40), 20, () =>
      queueMicrotask(() => controller.abort(new Error("stalled"))),
    );
    await expect(read(stalled.stream, { signal: controller.signal })).rejects.toThrow("stalled");
    expect(watched.cancelled).toBeUndefined();
  });
});

describe("refuses", () => {
  const page = { headers: { "content-type": "text/html; charset=utf-8" } };
  it.each<[string, () => unknown, typeof Error, string]>([
    [
      "a number",
      () => 7,
      TypeError,
      'loadModel: "weights" must be a URL, a Response, a stream of bytes, an ArrayBuffer or a Uint8Array, got 7',
    ],
    ["null among several", () => [first, null], TypeError, '"weights[1]" must be a URL'],
    ["no files", () => [], RangeError, '"weights" must have at least one file'],
    ["a promise of bytes", () => Promise.resolve(first), TypeError, '"weights" must be a promise of a Response, got'],
    [
      "an answer of 404",
      () => new Response("not here", { status: 404, statusText: "Not Found" }),
      Error,
      '"weights" must be a safetensors file, got HTTP 404 Not Found',
    ],
    [
      "a page",
      () => new Response("<html>", page),
      Error,
      "must be a safetensors file, got a page (text/html; charset=utf-8)",
    ],
    ["a page that is not called one", () => new Response("<!DOCTYPE html><title>"), RangeError, "got text"],
    [
      "an answer without a body",
      () => new Response(null),
      RangeError,
      "must begin with 8 bytes of header length, got 0 bytes",
    ],
    [
      "a stream of text",
      () => new ReadableStream({ start: (c) => c.enqueue("text") }),
      TypeError,
      '"weights" must be a stream of Uint8Array, got "text"',
    ],
    [
      "a stream that ends early",
      () => watch(first.subarray(0, 150)).stream,
      RangeError,
      'tensor "a" must have 80 bytes',
    ],
    [
      "a broken shard, which it names",
      () => [first, second.subarray(0, 20)],
      RangeError,
      "loadModel: weights[1]: the file must hold its header",
    ],
    [
      "a name in two shards",
      () => [first, first.slice()],
      RangeError,
      'weights[1]: tensor "a" must be in one file, got it in two',
    ],
  ])("%s", async (_, make, kind, message) => {
    const error = await read(make()).then(
      () => undefined,
      (x: Error) => x,
    );
    expect(error).toBeInstanceOf(kind);
    expect(error?.message).toContain(message);
  });

  it("a Response that was read, and a stream that another reads", async () => {
    const used = new Response(bodyOf(first));
    await used.arrayBuffer();
    await expect(read(used)).rejects.toThrow("a Response whose body was not read");
    const { stream } = watch(first);
    stream.getReader();
    await expect(read(stream)).rejects.toThrow("a stream that nobody else reads");
  });

  it("options of another kind, before anything is opened", async () => {
    const watched = watch(first);
    await expect(read(watched.stream, { signal: {} as AbortSignal })).rejects.toThrow(
      '"signal" must be an AbortSignal',
    );
    await expect(read(watched.stream, { onProgress: 1 as unknown as () => void })).rejects.toThrow(
      '"onProgress" must be a function',
    );
    expect(watched.pulled).toBe(0);
  });

  it("what a network cannot reach, with its cause", async () => {
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("fetch failed");
    });
    const error = await read("https://example.com/x").catch((x: Error) => x);
    expect(error).toMatchObject({
      message: 'loadModel: "weights" must be reachable, got no answer from https://example.com/x',
      cause: new TypeError("fetch failed"),
    });
  });

  it("at the first error closes what is open, also what another promise has", async () => {
    const [broken, stream, later] = [watch(new Uint8Array(100).fill(255)), watch(second), watch(second)];
    const rejected = Promise.reject(new Error("elsewhere"));
    const reading = read([broken.stream, stream.stream, Promise.resolve(new Response(later.stream)), rejected]);
    await expect(reading).rejects.toThrow("weights[0]: the file must have a header of at most");
    expect(broken.cancelled).toBeInstanceOf(RangeError);
    await vi.waitFor(() => expect([stream.cancelled, later.cancelled]).not.toContain(undefined));
  });

  it("what a stream itself fails with", async () => {
    const failing = watch(first.subarray(0, 40), 20, (controller) => controller.error(new Error("connection lost")));
    await expect(read(failing.stream)).rejects.toThrow("connection lost");
  });
});
