import type { SourceLocation } from "./model.js";
import { WireReader } from "./wire.js";

/** Comments and places of the elements of one file, by their path in the file's descriptor. */
export interface Source {
  comment(path: readonly number[]): string;
  /** The place of the element or, when the compiler did not record one, of the nearest thing around it. */
  location(path: readonly number[]): SourceLocation;
  /**
   * The place of the `option` statement that sets something.
   *
   * @param options path of the options message.
   * @param rest from there to what is set.
   */
  optionLocation(options: readonly number[], rest: readonly number[]): SourceLocation;
}

// Numbers of fields in google.protobuf.SourceCodeInfo and its Location.
const locationOfInfo = 1;
const inLocation = { path: 1, span: 2, leadingComments: 3, trailingComments: 4 } as const;
/** The field of a file that has services: the one whose options are looked up too. */
const servicesOfFile = 6;

/** A stretch of the bytes, such as one recorded location. */
interface Entry {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads what the compiler recorded of the source. It is more than half of what a compiler sends, and most of it (the
 * places of names, types and numbers) is never asked for: it is indexed where it lies, and read when asked for.
 *
 * @param path of the file, as the compiler knows it.
 * @param info the encoding of its `google.protobuf.SourceCodeInfo`; undefined for files that are only imported.
 * @throws Error when the bytes are no such encoding.
 */
export function readSource(path: string, info: Uint8Array | undefined): Source {
  const bytes = info === undefined ? Buffer.alloc(0) : Buffer.from(info.buffer, info.byteOffset, info.byteLength);
  // The first is the declaration; a repeated path comes from an `extend` block or an option written in parts.
  const entries = indexLocations(bytes);
  const first = (of: readonly number[]): Entry | undefined => {
    const found = entries.get(keyOf(of, of.length));
    return Array.isArray(found) ? found[0] : found;
  };
  const place = (entry: Entry | undefined): SourceLocation => {
    const [line = -1, column = -1] = entry === undefined ? [] : spanOf(bytes, entry);
    return { path, line: line + 1, column: column + 1 };
  };
  const nearest = (of: readonly number[]): Entry | undefined => {
    for (let length = of.length; length > 0; length--) {
      const found = entries.get(keyOf(of, length));
      if (found !== undefined) return Array.isArray(found) ? found[0] : found;
    }
    return undefined;
  };
  return {
    comment(of) {
      const entry = first(of);
      return entry === undefined ? "" : commentOf(bytes, entry);
    },
    location: (of) => Object.freeze(place(nearest(of))),
    optionLocation(options, rest) {
      // protoc says that an option begins at `option`, buf at its name; both record the whole statement alike.
      const at = nearest([...options, ...rest]);
      const line = at && spanOf(bytes, at)[0];
      const statements = entries.get(keyOf(options, options.length)) ?? [];
      const statement = (Array.isArray(statements) ? statements : [statements]).findLast(
        (one) => line !== undefined && (spanOf(bytes, one)[0] ?? 0) <= line,
      );
      return Object.freeze(place(statement ?? at));
    },
  };
}

/** Entries by path, as its bytes in Latin-1; several of one path in their order. */
function indexLocations(bytes: Buffer): Map<string, Entry | Entry[]> {
  const entries = new Map<string, Entry | Entry[]>();
  const reader = new WireReader(bytes);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag >>> 3 !== locationOfInfo) {
      reader.skip(tag);
      continue;
    }
    const end = reader.stop();
    const entry = { start: reader.at, end };
    const path = findPath(bytes, entry);
    reader.at = end;
    if (path === undefined || !isLookedUp(bytes, path)) continue;
    const key = bytes.toString("latin1", path.start, path.end);
    const before = entries.get(key);
    if (before === undefined) entries.set(key, entry);
    else if (Array.isArray(before)) before.push(entry);
    else entries.set(key, [before, entry]);
  }
  return entries;
}

/** Where the path of a location is: its first field, in all that compilers write. */
function findPath(bytes: Buffer, { start, end }: Entry): Entry | undefined {
  const reader = new WireReader(bytes, start, end);
  if (reader.done || reader.varint() !== ((inLocation.path << 3) | 2)) return undefined;
  const stop = reader.stop();
  return { start: reader.at, end: stop };
}

/**
 * Whether a path leads to an element, whose kind and index alternate, to the file itself, or to an option of a service.
 * The others, such as the place of a field's number, are most.
 */
function isLookedUp(bytes: Buffer, { start, end }: Entry): boolean {
  let length = 0;
  for (let at = start; at < end; at++) length += bytes[at]! >> 7 === 0 ? 1 : 0;
  return length % 2 === 0 || length === 1 || bytes[start] === servicesOfFile;
}

/** The bytes of the first elements of a path, in Latin-1. */
function keyOf(path: readonly number[], length: number): string {
  let key = "";
  for (let i = 0; i < length; i++) {
    let rest = path[i]!;
    for (; rest > 127; rest >>>= 7) key += String.fromCharCode((rest & 127) | 128);
    key += String.fromCharCode(rest);
  }
  return key;
}

function spanOf(bytes: Buffer, { start, end }: Entry): number[] {
  const span: number[] = [];
  const reader = new WireReader(bytes, start, end);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag !== ((inLocation.span << 3) | 2)) {
      reader.skip(tag);
      continue;
    }
    const stop = reader.stop();
    while (reader.at < stop) span.push(reader.varint());
  }
  return span;
}

/** What stands before and after a declaration. */
function commentOf(bytes: Buffer, { start, end }: Entry): string {
  let leading = "";
  let trailing = "";
  const reader = new WireReader(bytes, start, end);
  while (!reader.done) {
    const tag = reader.varint();
    const number = tag >>> 3;
    if (number !== inLocation.leadingComments && number !== inLocation.trailingComments) {
      reader.skip(tag);
      continue;
    }
    const stop = reader.stop();
    const text = tidy(bytes.toString("utf8", reader.at, stop));
    reader.at = stop;
    if (number === inLocation.leadingComments) leading = text;
    else trailing = text;
  }
  return leading !== "" && trailing !== "" ? `${leading}\n\n${trailing}` : leading + trailing;
}

/** Takes the space after the comment mark, and empty lines around the text, away. */
function tidy(comment: string): string {
  const lines = comment.split(/\r\n|\r|\n/).map((line) => line.replace(/^ /, "").trimEnd());
  while (lines.length > 0 && lines[0] === "") lines.shift();
  while (lines.length > 0 && lines.at(-1) === "") lines.pop();
  return lines.join("\n");
}
