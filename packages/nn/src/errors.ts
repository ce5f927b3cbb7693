// What errors about files say beside core's own words: names in quotes, and which tensor is wrong.

const LONGEST = 200;

/** A name or a word in quotes, as JSON has it. */
export function quote(text: string): string {
  const quoted = JSON.stringify(text);
  return quoted.length > LONGEST ? `${quoted.slice(0, LONGEST)}…` : quoted;
}

/** For what a file holds: the sentence says what the tensor must have, and what it has. */
export const wrongTensor = (api: string, name: string, what: string): RangeError =>
  new RangeError(`${api}: tensor ${quote(name)} ${what}`);
