// Classes of ASCII characters, as one table of bits; formats are scanned by code, without allocating.

export const digit = 1;
export const hex = 2;
export const letter = 4;
/** `-._~`: with letters and digits, the unreserved characters of RFC 3986. */
export const mark = 8;
/** The sub-delims of RFC 3986. */
export const subDelimiter = 16;
export const colon = 32;
export const at = 64;
export const slash = 128;
export const question = 256;
export const hyphen = 512;
/** `+-.`: what the scheme of a URI has beside letters and digits. */
export const schemeMark = 1024;
/** `.!#$%&'*+/=?^_`{|}~-`: what the local part of an email address has beside letters and digits. */
export const emailMark = 2048;
export const underscore = 4096;

const classes = new Uint16Array(128);

function addClass(characters: string, bit: number): void {
  for (let i = 0; i < characters.length; i++) classes[characters.charCodeAt(i)]! |= bit;
}

addClass("0123456789", digit | hex);
addClass("abcdefABCDEF", hex);
addClass("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", letter);
addClass("-._~", mark);
addClass("!$&'()*+,;=", subDelimiter);
addClass(":", colon);
addClass("@", at);
addClass("/", slash);
addClass("?", question);
addClass("-", hyphen);
addClass("+-.", schemeMark);
addClass(".!#$%&'*+/=?^_`{|}~-", emailMark);
addClass("_", underscore);

/** Whether the character at `index` is of one of the classes; false behind the end. */
export function isAt(text: string, index: number, wanted: number): boolean {
  // Not charCodeAt behind the end: the NaN that it returns there makes all of this slower.
  if (index >= text.length) return false;
  const unit = text.charCodeAt(index);
  return unit < 128 && (classes[unit]! & wanted) !== 0;
}

/** The index of the first character from `index` on that is of none of the classes. */
export function skip(text: string, index: number, wanted: number): number {
  let i = index;
  for (; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 127 || (classes[unit]! & wanted) === 0) break;
  }
  return i;
}
