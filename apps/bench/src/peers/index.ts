// All that can be put beside each other, and which of them may share a process. A peer's file loads its library only
// when it prepares a case.
import { peer as machine } from "../peak.ts";
import { peer as attn, firstUse } from "./attn.ts";
import { peer as jax } from "./jax.ts";
import { peer as kernel } from "./kernel.ts";
import { peer as onnxruntimeNode } from "./onnxruntime-node.ts";
import { peer as onnxruntimeWeb } from "./onnxruntime-web.ts";
import type { Peer } from "./peer.ts";
import { peer as plain } from "./plain.ts";
import { peer as tfjs } from "./tfjs.ts";

export const peers = {
  attn,
  firstUse,
  kernel,
  machine,
  onnxruntimeNode,
  onnxruntimeWeb,
  tfjs,
  jax,
  plain,
} satisfies Record<string, Peer>;
export type PeerId = keyof typeof peers;

/** What computes nothing that could be compared: only a measure for the others. */
export const isMark = (id: PeerId): boolean => id === "kernel" || id === "machine";

/** Peers of one group live in one process: jax-js starts workers as soon as onnxruntime-web has defined Worker. */
export const groupOf = (id: PeerId): "common" | "jax" => (id === "jax" ? "jax" : "common");
