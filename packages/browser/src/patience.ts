// How long this package waits for anything.

/** Milliseconds. A slow machine is no fault; a hang still ends. */
export const patience = 120_000;
