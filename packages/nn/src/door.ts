// @attn/nn/architecture: what a config.json describes, as data, before any weight of it is there: for those who have to know
// what a model will take and compute. Not for users: what is here changes with any version.
export type * from "./models/architecture.ts";
export { readConfig } from "./models/families.ts";
