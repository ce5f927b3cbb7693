// All that can be put beside each other, and which of them may share a process. A peer's file loads its library only
// when it prepares a workload.

import { peer as attn, firstUse } from "./attn.ts";
import { peer as jax } from "./jax.ts";
import { peer as kernel } from "./kernel.ts";
import { peer as nn } from "./nn.ts";
import { peer as onnxruntimeNode } from "./onnxruntime-node.ts";
import { peer as onnxruntimeWeb } from "./onnxruntime-web.ts";
import type { Peer } from "./peer.ts";
import { peer as plain } from "./plain.ts";
import { peer as roofline } from "./roofline.ts";
import { peer as tfjs } from "./tfjs.ts";

export const peers = {
  attn,
  firstUse,
  nn,
  kernel,
  roofline,
  onnxruntimeNode,
  onnxruntimeWeb,
  tfjs,
  jax,
  plain,
} satisfies Record<string, Peer>;
export type PeerId = keyof typeof peers;

/** Whether its results are held against the reference and its times against ours: not those of a measure for the others. */
export const isCompared = (id: PeerId): boolean => id !== "kernel" && id !== "roofline";

/** Peers of one group live in one process: jax-js starts workers as soon as onnxruntime-web has defined Worker. */
export const groupOf = (id: PeerId): "common" | "jax" => (id === "jax" ? "jax" : "common");
