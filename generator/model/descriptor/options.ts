import { WireReader } from "../wire.js";

/**
 * The encoded options of an element. Most are never asked for, and the others hold a few bytes: they are looked through
 * for each question.
 */
export class Options {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** These and, behind them, others of the same element. */
  joined(more: Options): Options {
    return new Options(Buffer.concat([this.#bytes, more.#bytes]));
  }

  /** A bool, an enum or a small number; undefined where it is not set. */
  number(field: number): number | undefined {
    let value: number | undefined;
    const reader = new WireReader(this.#bytes);
    while (!reader.done) {
      const tag = reader.varint();
      if (tag === field << 3) value = reader.varint();
      else reader.skip(tag);
    }
    return value;
  }

  /** The encoding of a message; undefined where it is not set. One that is set in parts is one with all of them. */
  message(field: number): Buffer | undefined {
    let value: Buffer | undefined;
    const reader = new WireReader(this.#bytes);
    while (!reader.done) {
      const tag = reader.varint();
      if (tag !== ((field << 3) | 2)) {
        reader.skip(tag);
        continue;
      }
      const part = reader.message();
      value = value === undefined ? part : Buffer.concat([value, part]);
    }
    return value;
  }
}

// Numbers of fields in the messages of options in descriptor.proto.
export const fileOption = { deprecated: 23, features: 50 } as const;
export const messageOption = { messageSet: 1, deprecated: 3, mapEntry: 7, features: 12 } as const;
export const fieldOption = { packed: 2, deprecated: 3, jstype: 6, features: 21 } as const;
export const enumOption = { deprecated: 3, features: 7 } as const;
export const enumValueOption = { deprecated: 1 } as const;
export const serviceOption = { deprecated: 33 } as const;
export const methodOption = { deprecated: 33, idempotency: 34 } as const;
