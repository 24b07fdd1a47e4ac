/**
 * The contract between a generated codec and everyone who encodes or decodes.
 *
 * `T` is what decoding returns (a full message of protobuf-es shape), `Init` what encoding takes (the same with every
 * field optional, nested plain objects included). A codec is stateless: it may be used from anywhere, re-entrantly.
 */
export interface Codec<T = unknown, Init = T> {
  /** Full name of the message, such as `knowledge.v1.Note`. */
  readonly typeName: string;
  /** How many bytes a message takes, by the last one that did not fit where it was written: a guess, for who makes room. */
  usualBytes?: number;
  /**
   * Writes `message` into `bytes` from `offset` on and returns the offset after its last byte.
   *
   * A result greater than `bytes.length` means that the message did not fit: what lies in `bytes` from `offset` on is
   * then worthless, and the result minus `offset` is how many bytes are enough. Nothing is ever written outside `bytes`.
   *
   * @throws CrucibleError reason ENCODE_INVALID when a field holds what its type cannot (with the field's path).
   */
  write(message: Init, bytes: Uint8Array, offset: number): number;
  /**
   * Reads the message that takes exactly `bytes[start, end)`. `bytes` must not change afterwards: long `bytes` fields
   * may be views of it.
   *
   * @throws CrucibleError reason DECODE_INVALID when the bytes are no valid encoding.
   */
  read(bytes: Uint8Array, start: number, end: number): T;
}

/** A generated codec, with what other generated codecs need of it. */
export interface MessageCodec<T = unknown, Init = T> extends Codec<T, Init> {
  /** How many bytes a message of the type takes, by the last one that was encoded, and some more. */
  usualBytes: number;
  /** A message without any field set. */
  empty(): T;
  /**
   * `write` without its guards: also throws what getters of the message, or a cycle in it, throw, and `overflow` when
   * there is not enough room, which takes in a margin.
   */
  writeFields(message: Init, bytes: Uint8Array, at: number): number;
  /**
   * Reads fields into `message`, merging them with those it has, and leaves the offset after them in `cursor.at` when
   * they end with a tag.
   *
   * @param depth how deep the message is nested; the outermost is at 1.
   * @param group the tag that ends the fields of a group; 0 for a message, which ends at `end`.
   * @returns `message`.
   */
  readFields(message: T, bytes: Uint8Array, at: number, end: number, depth: number, group: number): T;
}
