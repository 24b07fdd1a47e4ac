import { CelFault } from "./fault.js";

/** `text.lowerAscii()`: letters beyond ASCII stay. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** `text.upperAscii()`: letters beyond ASCII stay. */
export function upperAscii(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

const bools: Readonly<Record<string, boolean>> = {
  true: true,
  True: true,
  TRUE: true,
  t: true,
  1: true,
  false: false,
  False: false,
  FALSE: false,
  f: false,
  0: false,
};

/** `bool(text)`. */
export function textToBool(text: string): boolean {
  if (!Object.hasOwn(bools, text)) throw new CelFault(`${JSON.stringify(text.slice(0, 32))} is no bool`);
  return bools[text]!;
}
