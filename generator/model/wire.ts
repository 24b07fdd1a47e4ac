/** Walks over the fields of an encoded message, for what is found faster where it lies than decoded. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  /** The offset of what is read next. */
  at: number;

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.#bytes = bytes;
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
   * @throws Error when the bytes end inside it.
   */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.#end) break;
      const byte = this.#bytes[this.at++]!;
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw new Error("the message ends inside a number");
  }

  /**
   * The end of a field with a length, which begins here once its length is read.
   *
   * @throws Error when there is less.
   */
  stop(): number {
    const length = this.varint();
    if (length > this.#end - this.at) throw new Error("the message ends inside a field");
    return this.at + length;
  }

  /**
   * Goes behind the value of a field.
   *
   * @throws Error when there is no such value. Groups, which no descriptor has, are none.
   */
  skip(tag: number): void {
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
      default:
        throw new Error("the message has a field of an unknown kind");
    }
  }

  #advance(by: number): void {
    if (by > this.#end - this.at) throw new Error("the message ends inside a field");
    this.at += by;
  }
}
