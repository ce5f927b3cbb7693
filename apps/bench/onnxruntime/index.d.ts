// The two packages share the types of a third, which is small and part of the workspace.
type Runtime = typeof import("onnxruntime-common");

export function loadWeb(): Promise<Runtime>;
export function loadNode(): Promise<Pick<Runtime, "InferenceSession" | "Tensor">>;
