// What one request may ask for, and what all of them may hold together. The table in README.md is held to these by a test.
//
// A worker has one thread: what one request computes, every other waits for. So the limits come from how fast this is done
// in workerd, and keep it far below a second: `npx -y pnpm@12 --filter @attn/edge load` measures requests at each of them.
// A worker at Cloudflare has 128 MB of memory, for its heap, for its buffers and for the kernel's.

export const limits = {
  /** Characters of an Accept header. */
  acceptLength: 4096,
  /** Bytes of a body. */
  bodyBytes: 262_144,
  /** Numbers in an answer: output, and weights, scores and log-sum-exps where they are asked for. */
  numbers: 131_072,
  /** Of a call, as cost.ts counts them. */
  multiplyAdds: 268_435_456,
  /** Of a picture, as cost.ts counts them: those of one head of 128 × 128. */
  cells: 16_900,
  /** Bytes of bodies and answers held at once, by all requests together … */
  heldBytes: 33_554_432,
  /** … of which so many are only for requests that hold at most `smallBytes`. */
  keptForSmall: 4_194_304,
  smallBytes: 65_536,
  /** Milliseconds that a body may take to arrive, and an answer to be taken; TIMEOUT_MS in a deployment's settings. */
  timeoutMs: 30_000,
} as const;
