// Requests at each limit of one request, and one step past it. For tests, and for the load test, which times the first.
import { limits } from "../src/limits.ts";
import { rows } from "./client.ts";

interface Case {
  readonly body: unknown;
  readonly accept: string;
}

const JSON_TYPE = "application/json";
const SVG_TYPE = "image/svg+xml";
const longest = JSON.stringify({ query: rows(1, 65_000), value: rows(1, 65_000) }).padEnd(limits.bodyBytes);
/** 1024 · S · (32 + 32 + 64) multiply-adds. */
const wide = (S: number) => ({ query: rows(1024, 32), key: rows(S, 32), returnWeights: false });
/** Every option that a logit can have. */
const narrow = {
  query: rows(2000),
  bias: rows(1, 2000),
  mask: [Array(2000).fill(true)],
  window: { left: 2000 },
  softcap: 2,
  alibi: true,
  returnWeights: false,
};

export const atLimit: Readonly<Record<string, Case>> = {
  "a body": { body: longest, accept: JSON_TYPE },
  "an answer": { body: { query: rows(256), value: rows(256, 256) }, accept: JSON_TYPE },
  "multiply-adds": { body: wide(2048), accept: JSON_TYPE },
  "multiply-adds, mostly of options": { body: narrow, accept: JSON_TYPE },
  "a picture of one head": { body: { query: rows(128) }, accept: SVG_TYPE },
  "a picture of many heads": { body: { query: Array(1877).fill([[1]]) }, accept: SVG_TYPE },
};

export const pastLimit: Readonly<Record<string, Case & { readonly says: string }>> = {
  "a body": {
    body: `${longest} `,
    accept: JSON_TYPE,
    says: `the body must have at most ${limits.bodyBytes} bytes`,
  },
  "an answer": {
    body: { query: rows(256), value: rows(256, 257) },
    accept: JSON_TYPE,
    says: `attention: the answer must have at most ${limits.numbers} numbers, got ${limits.numbers + 256}`,
  },
  "multiply-adds": {
    body: wide(2049),
    accept: JSON_TYPE,
    says: `attention: the call must take at most ${limits.multiplyAdds} multiply-adds, got ${limits.multiplyAdds + 131_072}`,
  },
  "a picture": {
    body: { query: rows(128), key: rows(129) },
    accept: SVG_TYPE,
    says: `attention: the picture must have at most ${limits.cells} cells, got ${limits.cells + 130}`,
  },
};
