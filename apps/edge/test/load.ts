// Sustained requests against the worker in workerd, on loopback: p50, p99, and whether its memory stays where it is.
// npx -y pnpm@12 --filter @attn/edge load
import { fileURLToPath } from "node:url";
import { createRandom } from "@attn/conformance";
import { startWorker } from "@attn/workerd";

// The first 40,000 are for the process to reach the size that it keeps.
const [REQUESTS, AT_ONCE, WARM_UP] = [20_000, 8, 40_000] as const;
const random = createRandom(1);
const nested = (H: number, L: number, D: number): number[][][] =>
  Array.from({ length: H }, () =>
    Array.from({ length: L }, () => Array.from({ length: D }, () => random.uniform(-1, 1))),
  );
const bodies = [8, 16, 64].map((L) => JSON.stringify({ query: nested(2, L, 16), causal: true }));

await using worker = await startWorker(fileURLToPath(new URL("..", import.meta.url)));
const times: number[] = [];

async function send(i: number): Promise<void> {
  const start = performance.now();
  const response = await fetch(`${worker.origin}/attention`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: bodies[i % bodies.length] as string,
  });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`request ${i} was answered with ${response.status}`);
  times.push(performance.now() - start);
}

async function sendAll(count: number): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) await send(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
await sendAll(WARM_UP);
const before = worker.resident();
times.length = 0;
const start = performance.now();
await sendAll(REQUESTS);
const seconds = (performance.now() - start) / 1000;
times.sort((a, b) => a - b);
const at = (share: number): string => `${(times[Math.floor(share * times.length)] as number).toFixed(2)} ms`;
console.log(
  `${REQUESTS} requests, ${AT_ONCE} at a time: ${(REQUESTS / seconds).toFixed(0)} a second, p50 ${at(0.5)}, p99 ${at(0.99)}`,
);
console.log(`workerd held ${megabytes(before)} after ${WARM_UP}, ${megabytes(worker.resident())} at the end`);
