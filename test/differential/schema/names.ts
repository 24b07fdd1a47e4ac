// Names as a hostile schema would choose them. Uniqueness is what protoc asks for, and a little more: names that protobuf-es
// makes one property or one type of are kept apart, since it cannot tell them apart either.
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import type { Random } from "../../fuzz/random.js";

// Not among them: has_own_property, is_prototype_of, property_is_enumerable and to_locale_string, under which protobuf-es finds
// what every object inherits. `inborn.proto` of test/protos has them.
const fieldNames = (
  "constructor __proto__ proto prototype to_string toString to_json value_of then " +
  "message bytes at end depth group tag stop key value item map cursor length " +
  "class default init undefined NaN Infinity Object object eval arguments await yield async let static enum type of as " +
  "function return this super new null true false typeof void delete in instanceof case name unknown _typeName " +
  "a A _a a_ a__b a1_b2 a_1 A_B_C fooBar foo_1bar x9 write_string read_string encode decode create Uint8Array Map " +
  "a_name_so_long_that_it_leaves_little_room_on_any_line"
).split(" ");

const typeNames = (
  "Object Array Promise Map Set Error String Number Boolean Symbol Function BigInt Uint8Array Date JSON Math Reflect " +
  "Message MessageCodec Codec Init UnknownField JsonObject Record Partial Readonly Buffer Note NoteInit NoteCodec " +
  "constructor prototype __proto__ _ _1 class default function string number undefined NaN eval await empty encode decode createNote " +
  "encodeNote cursor readTag writeString A B a_b A_B " +
  "NameSoLongThatItLeavesLittleRoomOnAnyLine"
).split(" ");

const packages = ["", "p", "a.b.c", "constructor", "google", "then.class", "crucible.ipc.v1", "corpus", "NaN.object"];

/** Names that are free in one scope. */
export class Names {
  readonly #taken = new Set<string>();
  readonly #random: Random;

  /** An empty scope. */
  constructor(random: Random) {
    this.#random = random;
  }

  /** The name of a field or oneof. */
  field(): string {
    return this.#free(fieldNames, "field", keyOfField);
  }

  /** The name of a message or enum. */
  type(): string {
    return this.#free(typeNames, "Type", (name) => name);
  }

  /** Takes the name if it is free. */
  claim(name: string, key: string = name): boolean {
    if (this.#taken.has(key)) return false;
    this.#taken.add(key);
    return true;
  }

  /** One of the hostile names as often as not, else a plain one. */
  #free(hostile: readonly string[], plain: string, keyOf: (name: string) => string): string {
    for (let i = 1; ; i++) {
      const name = i < 4 && this.#random.below(2) === 0 ? this.#random.pick(hostile) : `${plain}${i}`;
      if (this.claim(name, keyOf(name))) return name;
    }
  }
}

/** What tells the properties of fields apart, however they are written. */
export function keyOfField(name: string): string {
  return `field ${protoCamelCase(name).toLowerCase()}`;
}

/** The name of a package. */
export function packageName(random: Random): string {
  return random.pick(packages);
}
