// ONNX Runtime from the packages of this folder, which need not be installed for the types in index.d.ts to hold.
export const loadWeb = () => import("onnxruntime-web");
export const loadNode = () => import("onnxruntime-node");
