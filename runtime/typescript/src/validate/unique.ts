// Up to here comparing each with each beats hashing; beyond, time must stay linear.
const fewItems = 16;

/** Whether no two items are equal. NaN equals nothing, not even itself; -0 equals 0. */
export function isUnique(items: readonly (string | number | bigint | boolean)[]): boolean {
  if (items.length > fewItems) return isUniqueByHash(items);
  for (let i = 1; i < items.length; i++) {
    for (let j = 0; j < i; j++) {
      if (items[i] === items[j]) return false;
    }
  }
  return true;
}

/** Whether no two items hold the same bytes. */
export function isUniqueBytes(items: readonly Uint8Array[]): boolean {
  if (items.length > fewItems) return isUniqueByHash(items.map(asText));
  for (let i = 1; i < items.length; i++) {
    for (let j = 0; j < i; j++) {
      if (hasSameBytes(items[i]!, items[j]!)) return false;
    }
  }
  return true;
}

function isUniqueByHash(items: readonly unknown[]): boolean {
  const seen = new Set<unknown>();
  for (const item of items) {
    // A set finds NaN equal to itself.
    if (Number.isNaN(item)) continue;
    if (seen.has(item)) return false;
    seen.add(item);
  }
  return true;
}

function hasSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}

// A hash of our own could be made to collide by whoever chooses the bytes; that of strings is seeded.
function asText(bytes: Uint8Array): string {
  // As many arguments as every engine takes.
  const step = 8192;
  let text = "";
  for (let i = 0; i < bytes.length; i += step) text += String.fromCharCode(...bytes.subarray(i, i + step));
  return text;
}
