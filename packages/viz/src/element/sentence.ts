// A view of nothing: the sentence that says why there is no picture.
import { make, type View } from "./view.ts";

export function sentence(document: Document, text: string): View {
  const root = make(document, "p", "said");
  root.textContent = text;
  const nothing = (): void => {};
  return { root, draw: nothing, highlight: nothing, move: nothing };
}
