// Sustained requests against the worker in workerd, on loopback: p50, p99, whether its memory stays where it is; and what
// requests at each limit take, and cost a small one beside them. About a quarter of a minute.
// npx -y pnpm@12 --filter @attn/edge load
import { createRandom } from "@attn/conformance";
import { startWorker } from "@attn/workerd";
import { atLimit } from "./cases.ts";
import { folder, post } from "./client.ts";

const AT_ONCE = 8;
/** How many requests, but no longer than so many seconds. */
const WARM_UP = { requests: 4000, seconds: 4 } as const;
const MEASURED = { requests: 12_000, seconds: 8 } as const;
const LARGE = { requests: 20, seconds: 1 } as const;
const random = createRandom(1);
const nested = (H: number, L: number, D: number): number[][][] =>
  Array.from({ length: H }, () =>
    Array.from({ length: L }, () => Array.from({ length: D }, () => random.uniform(-1, 1))),
  );
const bodies = [8, 16, 64].map((L) => JSON.stringify({ query: nested(2, L, 16), causal: true }));

await using worker = await startWorker(folder);

/** Milliseconds from the request to its whole answer. */
async function timed(body: unknown, accept = "application/json"): Promise<number> {
  const start = performance.now();
  const response = await post(worker.origin, body, { accept });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`a request was answered with ${response.status}`);
  return performance.now() - start;
}

/** Whether there are requests and time left. */
function bounded({ requests, seconds }: { readonly requests: number; readonly seconds: number }): () => boolean {
  const end = performance.now() + seconds * 1000;
  let left = requests;
  return () => left-- > 0 && performance.now() < end;
}

async function sendAll(bounds: typeof WARM_UP | typeof MEASURED): Promise<number[]> {
  const times: number[] = [];
  const goesOn = bounded(bounds);
  const one = async (): Promise<void> => {
    while (goesOn()) times.push(await timed(bodies[times.length % bodies.length]));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return times;
}

const at = (times: readonly number[], share: number): string =>
  `${(times.toSorted((a, b) => a - b)[Math.floor(share * times.length)] as number).toFixed(1)} ms`;
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;

const warm = (await sendAll(WARM_UP)).length;
const before = worker.resident();
const [start, cpu] = [performance.now(), worker.cpu()];
const times = await sendAll(MEASURED);
const rate = times.length / ((performance.now() - start) / 1000);
console.log(
  `${times.length} requests, ${AT_ONCE} at a time: ${rate.toFixed(0)} a second, p50 ${at(times, 0.5)}, p99 ${at(times, 0.99)}; ` +
    `${((worker.cpu() - cpu) / times.length).toFixed(2)} ms of CPU each`,
);
console.log(`workerd held ${megabytes(before)} after ${warm}, ${megabytes(worker.resident())} after them`);

console.log("\nat the limit of                          CPU       p50   a small one beside it: p50, at most");
for (const [name, { body, accept }] of Object.entries(atLimit)) {
  await timed(body, accept);
  const before = worker.cpu();
  const large: number[] = [];
  for (const goesOn = bounded(LARGE); goesOn(); ) large.push(await timed(body, accept));
  const each = (worker.cpu() - before) / large.length;
  const small: number[] = [];
  for (const goesOn = bounded(LARGE); goesOn(); ) {
    const first = timed(body, accept);
    small.push(await timed(bodies[0]));
    await first;
  }
  const columns = [`${each.toFixed(0)} ms`, at(large, 0.5), at(small, 0.5), at(small, 1 - 1e-9)];
  console.log(`${name.padEnd(34)}${columns.map((text) => text.padStart(10)).join("")}`);
}
console.log(`\nworkerd held ${megabytes(worker.resident())} at the end`);
