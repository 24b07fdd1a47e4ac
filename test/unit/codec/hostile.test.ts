// Inputs that cost a careless decoder its time, its memory or its stack.
import { create, toBinary } from "@bufbuild/protobuf";
import { beforeAll, describe, expect, it } from "vitest";
import { type Corpus, loadCorpus } from "../../support/corpus.js";
import { decodeTwin } from "../../twin/decode-twin.js";

let corpus: Corpus;
beforeAll(async () => {
  corpus = await loadCorpus();
});

function bytes(...parts: (number | ArrayLike<number>)[]): Uint8Array {
  const lists = parts.map((part) => (typeof part === "number" ? [part] : part));
  const all = new Uint8Array(lists.reduce((sum, list) => sum + list.length, 0));
  lists.reduce((at, list) => (all.set(list, at), at + list.length), 0);
  return all;
}
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
const invalid = (message: string): unknown =>
  expect.objectContaining({
    name: "CrucibleError",
    reason: "DECODE_INVALID",
    message: expect.stringContaining(message),
  });
const decode = (typeName: string, input: Uint8Array): { [key: string]: unknown } =>
  corpus.messages.get(`corpus.${typeName}`)!.decode(input);

/** `levels` messages, each in field `number` of the one before. */
function nested(levels: number, number: number): Uint8Array {
  let input: Uint8Array = new Uint8Array(0);
  for (let i = 1; i < levels; i++) input = bytes(number * 8 + 2, varint(input.length), input);
  return input;
}

/** `repeat` times the same bytes. */
function repeated(unit: ArrayLike<number>, repeat: number): Uint8Array {
  const all = new Uint8Array(unit.length * repeat);
  for (let i = 0; i < repeat; i++) all.set(unit, i * unit.length);
  return all;
}

describe("truncation", () => {
  it("at any byte is an error, or the message without its last fields", () => {
    const { desc, decode: ours } = corpus.messages.get("corpus.proto3.Choices")!;
    const message = create(desc, {
      before: "before",
      choice: {
        case: "nested",
        value: { between: "x".repeat(200), choice: { case: "json", value: { a: [1, { b: null }] } } },
      },
      single: { case: "only", value: 300 },
      after: "äöü",
    } as never);
    const whole = toBinary(desc, message);
    let refused = 0;
    for (let length = 0; length < whole.length; length++) {
      const part = whole.slice(0, length);
      let twin: unknown;
      try {
        twin = decodeTwin(desc, part);
      } catch {
        refused++;
        expect(() => ours(part)).toThrow(invalid("cannot decode corpus.proto3.Choices"));
        continue;
      }
      expect(ours(part)).toStrictEqual(twin);
    }
    expect(refused).toBe(whole.length - 4); // It is whole before the first of its four fields, and between them.
  });
});

describe("nesting", () => {
  it.each([
    ["in messages", 1],
    ["in lists", 2],
    ["in oneofs", 5],
  ])("%s: 100 levels are taken, 101 are not", (_, number) => {
    expect(() => decode("proto3.Tree", nested(100, number))).not.toThrow();
    expect(() => decode("proto3.Tree", nested(101, number))).toThrow(invalid("more than 100 deep"));
    expect(() => decode("proto3.Tree", nested(5000, number))).toThrow(invalid("more than 100 deep"));
  });

  it("in maps", () => {
    const level = (inner: Uint8Array): Uint8Array => {
      const entry = bytes(0x12, varint(inner.length), inner);
      return bytes(0x1a, varint(entry.length), entry);
    };
    let input: Uint8Array = new Uint8Array(0);
    for (let i = 1; i < 100; i++) input = level(input);
    expect(() => decode("proto3.Tree", input)).not.toThrow();
    expect(() => decode("proto3.Tree", level(input))).toThrow(invalid("more than 100 deep"));
  });

  it("in groups, known and unknown", () => {
    const groups = (depth: number, number: number): Uint8Array =>
      bytes(repeated(varint(number * 8 + 3), depth), repeated(varint(number * 8 + 4), depth));
    // Delimited.delimited is field 2; the outermost message is a level of its own.
    expect(() => decode("editions.Delimited", groups(99, 2))).not.toThrow();
    expect(() => decode("editions.Delimited", groups(100, 2))).toThrow(invalid("more than 100 deep"));
    expect(() => decode("editions.Delimited", groups(99, 1000))).not.toThrow();
    expect(() => decode("editions.Delimited", groups(100, 1000))).toThrow(invalid("more than 100 deep"));
    expect(() => decode("proto3.Nothing", groups(200_000, 7))).toThrow(invalid("more than 100 deep"));
  });

  it("in JSON", () => {
    // Struct -> fields entry -> Value -> list -> Value -> list …
    const list = (inner: Uint8Array): Uint8Array => bytes(0x32, varint(inner.length), inner);
    let value: Uint8Array = new Uint8Array(0);
    for (let i = 0; i < 200; i++) value = list(bytes(0x0a, varint(value.length), value));
    const entry = bytes(0x12, varint(value.length), value);
    const struct = bytes(0x0a, varint(entry.length), entry);
    expect(() => decode("proto3.WellKnown", bytes(0x2a, varint(struct.length), struct))).toThrow(
      invalid("more than 100 deep"),
    );
  });

  it("of what is encoded may be a cycle", () => {
    const { encode } = corpus.messages.get("corpus.proto3.Tree")!;
    const tree: { child?: unknown } = {};
    tree.child = tree;
    expect(() => encode(tree)).toThrow(expect.objectContaining({ name: "CrucibleError", reason: "ENCODE_INVALID" }));
  });
});

describe("lengths that promise more than there is", () => {
  it.each([
    ["a string", "proto3.Scalars", [0x72]],
    ["bytes", "proto3.Scalars", [0x7a]],
    ["a message", "proto3.Tree", [0x0a]],
    ["a map entry", "proto3.Tree", [0x1a]],
    ["a packed list", "proto3.Lists", [0x1a]],
    ["a packed list of doubles", "proto3.Lists", [0x0a]],
    ["an unknown field", "proto3.Nothing", [0x0a]],
  ])("%s of 4 GiB", (_, typeName, tag) => {
    expect(() => decode(typeName, bytes(tag, [0xff, 0xff, 0xff, 0xff, 0x0f]))).toThrow(invalid("runs past the end"));
    expect(() => decode(typeName, bytes(tag, [0x80, 0x80, 0x80, 0x80, 0x10]))).toThrow(invalid("length is too large"));
    expect(() => decode(typeName, bytes(tag, 5, 1, 2, 3))).toThrow(invalid("runs past the end"));
  });

  it("inside, not outside", () => {
    // A string that ends with the outer message but not with the inner one.
    expect(() => decode("proto3.Tree", bytes(0x0a, 3, 0x22, 3, 0x61, 0x62, 0x63))).toThrow(
      invalid("runs past the end"),
    );
    // A fixed value, a varint and a packed list that do.
    expect(() => decode("proto3.WellKnown", bytes(0x52, 2, 0x09, 0, 0, 0, 0, 0, 0, 0, 0))).toThrow(
      invalid("runs past the end"),
    );
    expect(() => decode("proto3.Tree", bytes(0x0a, 2, 0x30, 0x80, 0x01))).toThrow(invalid("runs past the end"));
    expect(() => decode("proto3.Lists", bytes(0x1a, 1, 0x80, 0x01))).toThrow(invalid("runs past the end"));
    expect(() => decode("proto3.Lists", bytes(0x0a, 9, new Uint8Array(9)))).toThrow(invalid("runs past the end"));
  });
});

describe("a megabyte of the smallest fields there are", () => {
  const count = 500_000;

  it("merges a message in time that is linear", () => {
    // One large message, then half a million times nothing to be merged with it.
    const labels = repeated([0x12, 3, 0x22, 1, 0x61], 20_000);
    const message = decode("proto3.Tree", bytes(0x0a, varint(labels.length), labels, repeated([0x0a, 0], count)));
    expect((message["child"] as { children: unknown[] }).children.length).toBe(20_000);
  });

  it("merges JSON in time that is linear", () => {
    const fields = Array.from({ length: 20_000 }, (_, i) => {
      const key = new TextEncoder().encode(String(i).padStart(6, "0"));
      return bytes(0x0a, key.length + 2, 0x0a, key.length, key);
    });
    const struct = bytes(...fields);
    const message = decode("proto3.WellKnown", bytes(0x2a, varint(struct.length), struct, repeated([0x2a, 0], count)));
    expect(Object.keys(message["struct"] as object).length).toBe(20_000);
  });

  it("adds to lists, packed and not, in time that is linear", () => {
    const doubles = decode("proto3.Lists", repeated([0x0a, 8, 0, 0, 0, 0, 0, 0, 0, 0], 100_000))["doubles"] as number[];
    expect(doubles.length).toBe(100_000);
    expect((decode("proto3.Lists", repeated([0x18, 1], count))["int32s"] as number[]).length).toBe(count);
    expect((decode("proto3.Lists", repeated([0x1a, 1, 1], count))["int32s"] as number[]).length).toBe(count);
  });

  it("replaces oneofs, sets map entries, keeps unknown fields", () => {
    expect(decode("proto3.Choices", repeated([0x12, 0], count))["choice"]).toEqual({ case: "text", value: "" });
    expect(decode("proto3.Maps", repeated([0x0a, 0], count))["stringString"]).toEqual({ "": "" });
    expect((decode("proto3.Nothing", repeated([0x08, 1], count))["$unknown"] as unknown[]).length).toBe(count);
  });
});

describe("what is no encoding at all", () => {
  it.each([
    ["field number 0", [0x02, 0]],
    ["wire type 6", [0x0e, 0]],
    ["wire type 7", [0x0f, 0]],
    ["an unknown end of a group", [0xbc, 0x40]],
    ["a group that does not end", [0xbb, 0x40]],
    ["a group that ends with another number", [0xbb, 0x40, 0xc4, 0x40]],
    ["an endless varint", [0x08, ...new Uint8Array(200).fill(0xff)]],
    ["an endless varint in an unknown field", [0xc0, 0x3e, ...new Uint8Array(200).fill(0xff)]],
    ["a field number of six bytes", [0x88, 0x80, 0x80, 0x80, 0x80, 0x00, 0x01]],
    ["a field number above 2^29-1", [0xf8, 0xff, 0xff, 0xff, 0x1f, 0x01]],
  ])("%s", (_, input) => {
    expect(() => decode("proto3.Scalars", bytes(input))).toThrow(invalid("cannot decode corpus.proto3.Scalars"));
  });

  it("a field with another wire type than the schema says", () => {
    expect(() => decode("proto3.Scalars", bytes(0x1d, 0, 0, 0, 0))).toThrow(
      invalid("field 3 of corpus.proto3.Scalars has wire type 5 instead of 0"),
    );
    expect(() => decode("proto3.Maps", bytes(0x0a, 2, 0x08, 1))).toThrow(
      invalid("field 1 of a map entry or Struct has wire type 0 instead of 2"),
    );
  });

  it("something else than bytes", () => {
    expect(() => decode("proto3.Scalars", "text" as never)).toThrow(invalid("a Uint8Array, not a string"));
    expect(() => decode("proto3.Scalars", new ArrayBuffer(4) as never)).toThrow(invalid("a Uint8Array, not an object"));
  });
});
