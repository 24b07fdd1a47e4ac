import type { SourceLocation } from "./model.js";
import { WireReader } from "./wire.js";

/**
 * A path into the descriptor of a file: its numbers as varints, with one character for each byte. This is how compilers
 * write paths, so that none has to be decoded to be found.
 */
export type ElementPath = string;

/** What the compiler recorded of one element. */
export interface Recorded {
  /** Text before and after the declaration, without comment marks. */
  readonly comment: string;
  /** The place of the element or, when the compiler did not record one, of the nearest thing around it. */
  readonly location: SourceLocation;
}

/** Comments and places of the elements of one file. */
export interface Source {
  element(path: ElementPath): Recorded;
  /**
   * The place of the `option` statement that sets something.
   *
   * @param options path of the options message.
   * @param rest from there to what is set.
   */
  optionLocation(options: ElementPath, rest: ElementPath): SourceLocation;
}

/** The path of numbers such as those of a field and the index of a message in it. */
export function pathOf(...numbers: readonly number[]): ElementPath {
  let path = "";
  for (let rest of numbers) {
    for (; rest > 127; rest >>>= 7) path += String.fromCharCode((rest & 127) | 128);
    path += String.fromCharCode(rest);
  }
  return path;
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
 * @throws GeneratorError when the bytes are no such encoding.
 */
export function readSource(path: string, info: Uint8Array | undefined): Source {
  const unknown: Recorded = Object.freeze({ comment: "", location: Object.freeze({ path, line: 0, column: 0 }) });
  if (info === undefined) return { element: () => unknown, optionLocation: () => unknown.location };
  const bytes = Buffer.from(info.buffer, info.byteOffset, info.byteLength);
  // The first is the declaration; a repeated path comes from an `extend` block or an option written in parts.
  const entries = indexLocations(bytes);
  const first = (of: ElementPath): Entry | undefined => {
    const found = entries.get(of);
    return Array.isArray(found) ? found[0] : found;
  };
  const nearest = (of: ElementPath): Entry | undefined => {
    for (let around = of; around !== ""; around = parentOf(around)) {
      const entry = first(around);
      if (entry !== undefined) return entry;
    }
    return undefined;
  };
  const place = (entry: Entry | undefined): SourceLocation => {
    if (entry === undefined) return unknown.location;
    const { line, column } = beginOf(bytes, entry);
    return Object.freeze({ path, line: line + 1, column: column + 1 });
  };
  return {
    element(of) {
      const entry = first(of);
      if (entry === undefined) return { comment: "", location: place(nearest(of)) };
      return { comment: commentOf(bytes, entry), location: place(entry) };
    },
    optionLocation(options, rest) {
      // protoc says that an option begins at `option`, buf at its name; both record the whole statement alike.
      const at = nearest(options + rest);
      if (at === undefined) return unknown.location;
      const { line } = beginOf(bytes, at);
      const statements = entries.get(options) ?? [];
      const statement = (Array.isArray(statements) ? statements : [statements]).findLast(
        (one) => beginOf(bytes, one).line <= line,
      );
      return place(statement ?? at);
    },
  };
}

/** Entries by path; several of one path in their order. */
function indexLocations(bytes: Buffer): Map<ElementPath, Entry | Entry[]> {
  const entries = new Map<ElementPath, Entry | Entry[]>();
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

/** The path without its last number. */
function parentOf(path: ElementPath): ElementPath {
  let end = path.length - 1;
  while (end > 0 && path.charCodeAt(end - 1) > 127) end--;
  return path.slice(0, end);
}

/** Where an entry's element begins; line and column count from 0, and are -1 where the compiler did not say. */
function beginOf(bytes: Buffer, { start, end }: Entry): { line: number; column: number } {
  const reader = new WireReader(bytes, start, end);
  while (!reader.done) {
    const tag = reader.varint();
    if (tag !== ((inLocation.span << 3) | 2)) {
      reader.skip(tag);
      continue;
    }
    const stop = reader.stop();
    const line = reader.at < stop ? reader.varint() : -1;
    return { line, column: reader.at < stop ? reader.varint() : -1 };
  }
  return { line: -1, column: -1 };
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
  const lines = (comment.includes("\r") ? comment.replace(/\r\n?/g, "\n") : comment).split("\n");
  let from = 0;
  let to = lines.length;
  for (let i = 0; i < to; i++) {
    const line = lines[i]!;
    lines[i] = (line.startsWith(" ") ? line.slice(1) : line).trimEnd();
  }
  while (from < to && lines[from] === "") from++;
  while (to > from && lines[to - 1] === "") to--;
  return to - from === 1 ? lines[from]! : lines.slice(from, to).join("\n");
}
