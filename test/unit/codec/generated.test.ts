// What generated codecs promise beyond the bytes: errors of encoding, copies and views, presence, unknown fields.
import { fromBinary, getExtension, hasExtension, setExtension, toBinary } from "@bufbuild/protobuf";
import { beforeAll, describe, expect, it } from "vitest";
import { type Corpus, type CorpusMessage, loadCorpus } from "../../support/corpus.js";

let corpus: Corpus;
beforeAll(async () => {
  corpus = await loadCorpus();
});
const message = (typeName: string): CorpusMessage => corpus.messages.get(`corpus.${typeName}`)!;

describe("encoding refuses", () => {
  const p3 = "corpus.proto3";
  const cases: [string, string, unknown, string][] = [
    [
      "text for a number",
      "proto3.Scalars",
      { int32Field: "5" },
      `${p3}.Scalars.int32_field takes an integer of 32 bits, not a string`,
    ],
    ["a number out of range", "proto3.Scalars", { int32Field: 2 ** 31 }, "not 2147483648"],
    ["a number for text", "proto3.Scalars", { stringField: 5 }, `${p3}.Scalars.string_field takes a string, not 5`],
    ["null for text", "proto3.Scalars", { stringField: null }, "takes a string, not null"],
    ["a number for a bool", "proto3.Scalars", { boolField: 1 }, `${p3}.Scalars.bool_field takes a boolean, not 1`],
    [
      "text for bytes",
      "proto3.Scalars",
      { bytesField: "abc" },
      `${p3}.Scalars.bytes_field takes a Uint8Array, not a string`,
    ],
    [
      "text for an enum",
      "proto3.Scalars",
      { color: "RED" },
      `${p3}.Scalars.color takes an integer of 32 bits, not a string`,
    ],
    ["a fraction for an enum", "proto3.Scalars", { color: 1.5 }, "not 1.5"],
    [
      "too large a float",
      "proto3.Scalars",
      { floatField: 1e39 },
      `${p3}.Scalars.float_field takes a number of 32 bits`,
    ],
    ["a bigint for a double", "proto3.Scalars", { doubleField: 1n }, "takes a number, not 1n"],
    ["too large an int64", "proto3.Scalars", { int64Field: 1n << 63n }, "not 9223372036854775808n"],
    ["words for an int64", "proto3.Scalars", { textInt64: "many" }, "not a string"],
    ["text for a list", "proto3.Lists", { strings: "abc" }, `${p3}.Lists.strings takes an array, not a string`],
    ["nothing in a list", "proto3.Lists", { strings: [undefined] }, "takes a string, not undefined"],
    ["nothing in a packed list", "proto3.Lists", { int32s: [1, undefined] }, "not undefined"],
    ["nothing in a list of messages", "proto3.Lists", { messages: [null] }, `${p3}.Scalars takes an object, not null`],
    [
      "text in a list of doubles",
      "proto3.Lists",
      { doubles: ["1"] },
      `${p3}.Lists.doubles takes a number, not a string`,
    ],
    [
      "an array for a map",
      "proto3.Maps",
      { stringString: [] },
      `${p3}.Maps.string_string takes a plain object, not an array`,
    ],
    ["a Map for a map", "proto3.Maps", { stringString: new Map() }, "not a Map"],
    ["a number in a map of text", "proto3.Maps", { stringString: { a: 1 } }, "takes a string, not 1"],
    [
      "a key that is no number",
      "proto3.Maps",
      { int32Int32: { a: 1 } },
      `${p3}.Maps.int32_int32 takes integers as keys`,
    ],
    ["a key out of range", "proto3.Maps", { int32Int32: { 4294967296: 1 } }, "takes an integer of 32 bits"],
    ["a key that is no boolean", "proto3.Maps", { boolBool: { yes: true } }, "true and false as keys"],
    ["text for a message", "proto3.Tree", { child: "abc" }, `${p3}.Tree takes an object, not a string`],
    [
      "another message",
      "proto3.Tree",
      { child: { $typeName: `${p3}.Names` } },
      `${p3}.Names was given where ${p3}.Tree belongs`,
    ],
    [
      "nothing in a oneof",
      "proto3.Choices",
      { choice: { case: "text", value: undefined } },
      `${p3}.Choices.text takes a string`,
    ],
    ["an array for JSON", "proto3.WellKnown", { struct: [] }, `${p3}.WellKnown.struct takes an object of JSON`],
    ["a function in JSON", "proto3.WellKnown", { struct: { a: () => 1 } }, "takes values of JSON, not a function"],
    [
      "a missing required field",
      "proto2.Required",
      { number: 1 },
      "corpus.proto2.Required.text is required but not set",
    ],
    ["no object at all", "proto3.Tree", undefined, `${p3}.Tree takes an object, not undefined`],
  ];

  it.each(cases)("%s", (_, typeName, init, expected) => {
    const { encode, codec } = message(typeName);
    const refusal = expect.objectContaining({
      name: "CrucibleError",
      reason: "ENCODE_INVALID",
      message: expect.stringContaining(expected),
    });
    expect(() => encode(init)).toThrow(refusal);
    expect(() => codec.write(init, new Uint8Array(1000), 0)).toThrow(refusal);
    expect(() => codec.write(init, new Uint8Array(0), 0)).toThrow(refusal);
  });

  it("what a getter throws, as an error of its own", () => {
    const { encode } = message("proto3.Tree");
    const broken = {
      get label(): string {
        throw new TypeError("no label today");
      },
    };
    expect(() => encode(broken)).toThrow(
      expect.objectContaining({ name: "CrucibleError", message: "cannot encode corpus.proto3.Tree: no label today" }),
    );
  });
});

describe("encoding", () => {
  it("can be done by a getter of what is being encoded", () => {
    const { encode, decode } = message("proto3.Tree");
    encode({}); // From now on there is a slab that both could take.
    let inner = new Uint8Array(0);
    const sly = {
      children: [{ label: "x".repeat(500) }],
      get label(): string {
        inner = Uint8Array.from((held = encode({ label: "inner" })));
        return String(decode(inner)["label"]);
      },
    };
    let held: Uint8Array | undefined;
    expect(decode(encode(sly))).toMatchObject({ label: "inner", children: [{ label: "x".repeat(500) }] });
    expect(held).toEqual(inner);
  });

  it("gives each message bytes of its own", () => {
    const { encode } = message("proto3.Tree");
    const first = encode({ label: "first" });
    const copy = first.slice();
    for (let i = 0; i < 10_000; i++) encode({ label: "x".repeat(i % 300) });
    expect(first).toEqual(copy);
  });

  it.each([0, 100, 5000, 60_000, 65_536, 70_000, 1_000_000])(
    "takes messages of %d bytes after small and large ones",
    (size) => {
      const { encode, decode } = message("proto3.Tree");
      for (const length of [size, 1, size, 3_000_000, size]) {
        expect((decode(encode({ label: "y".repeat(length) }))["label"] as string).length).toBe(length);
      }
    },
  );
});

describe("bytes fields", () => {
  it("are copies when short, views of the input when long, never Buffers", () => {
    const { encode, decode } = message("proto3.Scalars");
    for (const length of [10, 100, 4095, 4096, 10_000]) {
      const input = Buffer.from(encode({ bytesField: new Uint8Array(length).fill(3) }));
      const field = decode(input)["bytesField"] as Uint8Array;
      expect(field.constructor).toBe(Uint8Array);
      input.fill(9);
      expect(field.every((byte) => byte === (length < 4096 ? 3 : 9))).toBe(true);
    }
  });
});

describe("unknown fields", () => {
  it("are written back byte for byte", () => {
    const { decode, encode } = message("proto3.Nothing");
    // A varint that is longer than it need be, a fixed64, a string, a group with a group in it, a fixed32.
    const hex = ["0881808000", "1900112233445566ff", "2203616263", "2b33342c", "3d01020304"].join("");
    const input = new Uint8Array(Buffer.from(hex, "hex"));
    expect(Buffer.from(encode(decode(input))).toString("hex")).toBe(hex);
  });

  it("hold extensions, as protobuf-es reads and writes them", () => {
    const { desc, decode, encode } = message("proto2.Extendable");
    const nickname = corpus.registry.getExtension("corpus.proto2.nickname")!;
    const scores = corpus.registry.getExtension("corpus.proto2.scores")!;
    const theirs = fromBinary(desc, encode({ name: "n" }));
    setExtension(theirs, nickname, "nick");
    setExtension(theirs, scores, [1, -2, 3]);
    const ours = decode(toBinary(desc, theirs)) as never;
    expect(hasExtension(ours, nickname)).toBe(true);
    expect(getExtension(ours, scores)).toEqual([1, -2, 3]);
    expect(encode(ours)).toEqual(toBinary(desc, theirs));
  });

  it("hold numbers that a closed enum does not have, in the order of the wire", () => {
    const { decode, encode } = message("proto2.Closed");
    // level 99, an unknown field, level -5, chosen 77.
    const hex = ["0863", "3801", "08fbffffffffffffffff01", "104d"].join("");
    const ours = decode(new Uint8Array(Buffer.from(hex, "hex")));
    expect(Object.hasOwn(ours, "level")).toBe(false);
    expect(ours["level"]).toBe(1);
    expect(ours["choice"]).toEqual({ case: undefined });
    expect((ours["$unknown"] as { no: number }[]).map(({ no }) => no)).toEqual([1, 7, 1, 2]);
    expect(Buffer.from(encode(ours)).toString("hex")).toBe(hex);
  });
});

describe("defaults", () => {
  it("show through where nothing is set, and are written when they are set", () => {
    const { create, encode, decode } = message("proto2.Defaults");
    const ours = create();
    expect(Object.keys(ours)).toEqual(["$typeName"]);
    expect(ours).toMatchObject({
      boolField: true,
      int64Field: -9223372036854775808n,
      notANumber: Number.NaN,
      textInt64: "12345678901",
    });
    expect(encode(ours)).toEqual(new Uint8Array(0));
    ours["boolField"] = true;
    expect(Object.keys(decode(encode(ours)))).toEqual(["$typeName", "boolField"]);
  });
});
