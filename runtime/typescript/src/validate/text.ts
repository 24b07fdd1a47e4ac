// Lengths of text. A string of n UTF-16 units has n/2 to n code points and n to 3n bytes in UTF-8, so that most
// comparisons are decided without looking at a character.

/** How many code points a string has; half of a surrogate pair counts as one. */
export function codePointCount(text: string): number {
  let count = text.length;
  for (let i = 1; i < text.length; i++) {
    if (isLowSurrogate(text.charCodeAt(i)) && isHighSurrogate(text.charCodeAt(i - 1))) {
      count--;
      i++;
    }
  }
  return count;
}

/** Whether a string has less than `count` code points. */
export function isShorterThan(text: string, count: number): boolean {
  if (text.length < count) return true;
  if (text.length >= 2 * count) return false;
  return codePointCount(text) < count;
}

/** Whether a string has more than `count` code points. */
export function isLongerThan(text: string, count: number): boolean {
  if (text.length <= count) return false;
  if (text.length > 2 * count) return true;
  return codePointCount(text) > count;
}

/** How many bytes a string takes in UTF-8; half of a surrogate pair takes three, as its replacement would. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) {
      length += 1;
    } else {
      // Three bytes for one unit, and four for two.
      length += 2;
      if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(i + 1))) i++;
    }
  }
  return length;
}

/** Whether a string takes less than `count` bytes in UTF-8. */
export function isShorterInUtf8(text: string, count: number): boolean {
  if (text.length >= count) return false;
  if (text.length * 3 < count) return true;
  return utf8Length(text) < count;
}

/** Whether a string takes more than `count` bytes in UTF-8. */
export function isLongerInUtf8(text: string, count: number): boolean {
  if (text.length > count) return true;
  if (text.length * 3 <= count) return false;
  return utf8Length(text) > count;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
