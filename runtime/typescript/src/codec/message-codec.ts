import { tryWrite, encodeApart } from "./encode.js";
import { cursor } from "./cursor.js";
import type { Codec, MessageCodec } from "./codec.js";
import { decodeFailure, encodeFailure, unfit } from "./failure.js";

/**
 * A new message whose unset fields read as the defaults of the schema, by its prototype: what protobuf-es does for
 * messages with explicit presence.
 */
export function inherit<T extends { readonly $typeName: string }>(defaults: object, typeName: T["$typeName"]): T {
  const message = Object.create(defaults) as { $typeName: string };
  message.$typeName = typeName;
  return message as unknown as T;
}

/** Puts the generated functions of one message together. */
export function messageCodec<T, Init>(
  typeName: string,
  empty: MessageCodec<T, Init>["empty"],
  writeFields: MessageCodec<T, Init>["writeFields"],
  readFields: MessageCodec<T, Init>["readFields"],
): MessageCodec<T, Init> {
  return new GeneratedCodec(typeName, empty, writeFields, readFields);
}

class GeneratedCodec<T, Init> implements MessageCodec<T, Init> {
  // Only declared: the constructor makes them, and code for it is in every bundle.
  declare readonly typeName: string;
  usualBytes = 0;
  declare readonly empty: MessageCodec<T, Init>["empty"];
  declare readonly writeFields: MessageCodec<T, Init>["writeFields"];
  declare readonly readFields: MessageCodec<T, Init>["readFields"];

  constructor(
    typeName: string,
    empty: MessageCodec<T, Init>["empty"],
    writeFields: MessageCodec<T, Init>["writeFields"],
    readFields: MessageCodec<T, Init>["readFields"],
  ) {
    this.typeName = typeName;
    this.empty = empty;
    this.writeFields = writeFields;
    this.readFields = readFields;
  }

  write(message: Init, bytes: Uint8Array, offset: number): number {
    try {
      const end = tryWrite(this, message, bytes, offset);
      if (end >= 0) return end;
      // It may fit without the margin yet.
      const encoded = encodeApart(this, message, 2 * (bytes.length - offset));
      if (offset + encoded.length <= bytes.length) bytes.set(encoded, offset);
      return offset + encoded.length;
    } catch (error) {
      throw encodeFailure(this.typeName, error);
    }
  }

  read(bytes: Uint8Array, start: number, end: number): T {
    startReading(end);
    try {
      return this.readFields(this.empty(), bytes, start, end, 1, 0);
    } catch (error) {
      throw decodeFailure(this.typeName, error);
    }
  }
}

/**
 * Called before an outermost message is decoded from all of `bytes`. Generated code then calls its own functions, so that V8
 * learns of each call whom it reaches: in a program with several kinds of messages, a request of 23 bytes takes 67 to
 * 69 ns instead of 73 to 75 (Node 20 and 24).
 *
 * @throws CrucibleError reason DECODE_INVALID when they are no bytes.
 */
export function startDecoding({ typeName }: Codec<unknown, never>, bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) throw decodeFailure(typeName, unfit("decoding", "a Uint8Array", bytes));
  startReading(bytes.length);
}

function startReading(end: number): void {
  cursor.end = end;
  cursor.windowEnd = 0;
}
