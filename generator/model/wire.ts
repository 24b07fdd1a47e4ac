import { mistake } from "../errors.js";

/** How deep groups and nested messages may lie in one another, as in other readers of protobuf. */
export const depthLimit = 100;

const startOfGroup = 3;
const endOfGroup = 4;

/** Walks over the fields of an encoded message, for what is found faster where it lies than decoded. */
export class WireReader {
  readonly bytes: Buffer;
  readonly #end: number;
  /** The offset of what is read next. */
  at: number;

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = end;
    this.at = at;
  }

  /** Whether nothing is left. */
  get done(): boolean {
    return this.at >= this.#end;
  }

  /**
   * A varint, of which 32 bits are kept.
   *
   * @throws GeneratorError when the bytes end inside it.
   */
  varint(): number {
    if (this.at < this.#end) {
      const first = this.bytes[this.at]!;
      if (first < 128) {
        this.at++;
        return first;
      }
    }
    return this.#longVarint();
  }

  /**
   * The end of a field with a length, which begins here once its length is read.
   *
   * @throws GeneratorError when there is less.
   */
  stop(): number {
    const length = this.varint();
    if (length > this.#end - this.at) throw mistake("the message ends inside a field");
    return this.at + length;
  }

  /**
   * A text with its length.
   *
   * @throws GeneratorError when there is less.
   */
  text(): string {
    const stop = this.stop();
    const text = this.bytes.toString("utf8", this.at, stop);
    this.at = stop;
    return text;
  }

  /**
   * A message with its length.
   *
   * @throws GeneratorError when there is less.
   */
  message(): Buffer {
    const stop = this.stop();
    const message = this.bytes.subarray(this.at, stop);
    this.at = stop;
    return message;
  }

  /**
   * Goes behind the value of a field.
   *
   * @throws GeneratorError when there is no such value.
   */
  skip(tag: number, depth = 0): void {
    switch (tag & 7) {
      case 0:
        this.varint();
        return;
      case 1:
        this.#advance(8);
        return;
      case 2:
        this.at = this.stop();
        return;
      case 5:
        this.#advance(4);
        return;
      case startOfGroup:
        this.#skipGroup(tag, depth + 1);
        return;
      default:
        throw mistake("the message has a field of an unknown kind");
    }
  }

  #skipGroup(start: number, depth: number): void {
    if (depth > depthLimit) throw mistake("the message has groups too deep in one another");
    for (;;) {
      const tag = this.varint();
      if ((tag & 7) !== endOfGroup) this.skip(tag, depth);
      else if (tag >>> 3 === start >>> 3) return;
      else throw mistake("the message has a group that ends as another");
    }
  }

  #longVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.#end) break;
      const byte = this.bytes[this.at++]!;
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw mistake("the message ends inside a number");
  }

  #advance(by: number): void {
    if (by > this.#end - this.at) throw mistake("the message ends inside a field");
    this.at += by;
  }
}
