import type { Random } from "./random.js";

/** Varints that decoders get wrong: too long, too large, at the limits of what is kept. */
const varints = [
  [0x80, 0x00],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x10],
  [0xff, 0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0x07],
];
const texts = [
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xef, 0xbf, 0xbd],
  [0xe2, 0x82],
  [0xef, 0xbb, 0xbf],
];

/** One step of a byte program: takes bytes, gives others. */
type Step = (bytes: Uint8Array, random: Random, others: readonly Uint8Array[]) => Uint8Array;

function splice(bytes: Uint8Array, start: number, removed: number, inserted: ArrayLike<number>): Uint8Array {
  const rest = bytes.subarray(start + removed);
  const result = new Uint8Array(start + inserted.length + rest.length);
  result.set(bytes.subarray(0, start));
  result.set(inserted, start);
  result.set(rest, start + inserted.length);
  return result;
}

const steps: readonly Step[] = [
  function flipBit(bytes, random) {
    const copy = bytes.slice();
    const at = random.below(copy.length);
    if (at < copy.length) copy[at] = copy[at]! ^ (1 << random.below(8));
    return copy;
  },
  function setByte(bytes, random) {
    const copy = bytes.slice();
    copy[random.below(copy.length)] = random.below(256);
    return copy;
  },
  function addToByte(bytes, random) {
    const copy = bytes.slice();
    const at = random.below(copy.length);
    if (at < copy.length) copy[at] = copy[at]! + random.below(9) - 4;
    return copy;
  },
  (bytes, random) => bytes.slice(0, random.below(bytes.length + 1)), // truncate
  (bytes, random) => splice(bytes, random.below(bytes.length + 1), random.below(4), []), // remove
  (bytes, random) => splice(bytes, random.below(bytes.length + 1), 0, [random.below(256)]), // insert
  (bytes, random) => splice(bytes, random.below(bytes.length + 1), random.below(3), random.pick(varints)),
  (bytes, random) => splice(bytes, random.below(bytes.length + 1), random.below(3), random.pick(texts)),
  function duplicateRange(bytes, random) {
    const start = random.below(bytes.length + 1);
    return splice(bytes, random.below(bytes.length + 1), 0, bytes.subarray(start, start + random.below(40)));
  },
  (bytes, random, others) => splice(bytes, bytes.length, 0, random.pick(others)), // merge
  function crossOver(bytes, random, others) {
    const other = random.pick(others);
    const start = random.below(other.length + 1);
    return splice(
      bytes,
      random.below(bytes.length + 1),
      random.below(20),
      other.subarray(start, start + random.below(60)),
    );
  },
  function wrap(bytes, random) {
    // As the value of a field that may be a message, as often as not of the same type.
    const body = bytes.subarray(0, 120);
    return splice(body, 0, 0, [(1 + random.below(15)) * 8 + 2, body.length]);
  },
  function group(bytes, random) {
    const number = 1 + random.below(15);
    return splice(splice(bytes, 0, 0, [number * 8 + 3]), bytes.length + 1, 0, [number * 8 + 4]);
  },
];

/** An input made of a valid one by a random program of one to four steps. */
export function mutate(bytes: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  let mutated = bytes;
  for (let left = 1 + random.below(4); left > 0; left--) mutated = random.pick(steps)(mutated, random, others);
  return mutated.length > 65536 ? mutated.slice(0, 65536) : mutated;
}
