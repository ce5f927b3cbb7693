// What a module imports and exports, as the text format writes it. Holds no cases.
import { expect } from "vitest";

/** A module's functions and memory as the text format writes them. */
export function signatures(bytes: Uint8Array): string[] {
  let at = 8;
  const byte = (): number => bytes[at++] as number;
  const leb = (): number => {
    let n = 0;
    for (let shift = 0; ; shift += 7) {
      const x = byte();
      n |= (x & 127) << shift;
      if (x < 128) return n >>> 0;
    }
  };
  const many = <T>(one: () => T): T[] => Array.from({ length: leb() }, one);
  const name = (): string => new TextDecoder().decode(Uint8Array.from(many(byte)));
  /** Functions that are not exported have other types too. */
  const kind = (): string => ({ 127: "i32", 126: "i64", 125: "f32", 124: "f64", 123: "v128" })[byte()] ?? "?";
  const type = (): string => {
    expect(byte()).toBe(0x60);
    const [params, results] = [many(kind), many(kind)];
    return [...params.map((x) => `(param ${x})`), ...results.map((x) => `(result ${x})`)].join(" ");
  };
  let types: string[] = [];
  let functions: number[] = [];
  const lines: string[] = [];
  while (at < bytes.length) {
    const [section, size] = [byte(), leb()];
    const end = at + size;
    if (section === 1) types = many(type);
    if (section === 2) {
      many(() => {
        const [module, field, what, limits] = [name(), name(), byte(), byte()];
        expect(what, "only a memory is imported").toBe(2);
        lines.push(`(import "${module}" "${field}" (memory ${[leb(), ...(limits & 1 ? [leb()] : [])].join(" ")}))`);
      });
    }
    if (section === 3) functions = many(leb);
    if (section === 7) {
      many(() => {
        const [field, what, index] = [name(), byte(), leb()];
        expect(what, "only functions are exported").toBe(0);
        lines.push(`(func (export "${field}") ${types[functions[index] as number]})`);
      });
    }
    at = end;
  }
  return lines;
}
