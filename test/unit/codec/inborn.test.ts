// Names that every object has from birth: what is inherited is never taken for what is set.
import { beforeAll, describe, expect, it } from "vitest";
import { type Corpus, type CorpusMessage, loadCorpus } from "../../support/corpus.js";

let corpus: Corpus;
beforeAll(async () => {
  corpus = await loadCorpus();
});
const message = (name: string): CorpusMessage => corpus.messages.get(`inborn.${name}`)!;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const inborn = ["toLocaleString", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable"] as const;

describe("fields under inborn names", () => {
  const full = {
    toLocaleString: { isPrototypeOf: 7 },
    hasOwnProperty: "text",
    isPrototypeOf: 0,
    propertyIsEnumerable: { a: [1] },
  };

  it("are read and written back", () => {
    const { encode, decode, create } = message("Inborn");
    const bytes = encode(full);
    expect(hex(bytes)).toBe("0a02180712060a0474657874180022140a120a0161120d320b0a0911000000000000f03f");
    const decoded = decode(bytes);
    expect(decoded).toEqual({
      $typeName: "inborn.Inborn",
      ...full,
      toLocaleString: { $typeName: "inborn.Inborn", isPrototypeOf: 7 },
    });
    expect(hex(encode(decoded))).toBe(hex(bytes));
    expect(create(full)).toEqual(decoded);
  });

  it("are not set by what is inherited, and leave it alone", () => {
    const { encode, decode, create } = message("Inborn");
    const before = inborn.map((name) => Object.getOwnPropertyNames(Object.prototype[name]));
    for (const empty of [decode(new Uint8Array(0)), create(), create({})]) {
      expect(Object.keys(empty)).toEqual(["$typeName"]);
      expect(encode(empty).length).toBe(0);
    }
    expect(encode({}).length).toBe(0);
    decode(encode(full));
    expect(inborn.map((name) => Object.getOwnPropertyNames(Object.prototype[name]))).toEqual(before);
  });

  it("merge with what was set before", () => {
    const { encode, decode } = message("Inborn");
    const twice = Buffer.concat([
      encode({ toLocaleString: { isPrototypeOf: 1 }, propertyIsEnumerable: { a: 1 } }),
      encode({ toLocaleString: { hasOwnProperty: "x" }, propertyIsEnumerable: { b: 2 } }),
    ]);
    expect(decode(new Uint8Array(twice))).toEqual({
      $typeName: "inborn.Inborn",
      toLocaleString: { $typeName: "inborn.Inborn", isPrototypeOf: 1, hasOwnProperty: "x" },
      propertyIsEnumerable: { a: 1, b: 2 },
    });
  });

  it("hold oneofs and lists too", () => {
    const { encode, decode, create } = message("Choices");
    const init = {
      hasOwnProperty: { case: "toLocaleString", value: { hasOwnProperty: { case: "isPrototypeOf", value: 5 } } },
      propertyIsEnumerable: [1, 2],
    };
    const decoded = decode(encode(init));
    expect(decoded).toMatchObject(init);
    expect(create(init)).toEqual(decoded);
    expect(encode({}).length).toBe(0);
    expect(decode(new Uint8Array(0))["hasOwnProperty"]).toEqual({ case: undefined });
  });

  it("name the values of enums", () => {
    const { Choices_Odd: odd } = corpus.modules.get("corpus/inborn.proto") ?? {};
    expect(Object.entries(odd as object)).toEqual([
      ["CONSTRUCTOR", 0],
      ["__proto__", 1],
      ["toString$", 2],
    ]);
    expect(Object.getPrototypeOf(odd)).toBe(Object.prototype);
  });
});
