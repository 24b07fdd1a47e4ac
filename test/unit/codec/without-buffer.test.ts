// Codecs on a platform that has no Buffer: the same results through TextEncoder and TextDecoder.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { initOf, textOf } from "../../support/arbitrary.js";
import { type Corpus, loadCorpus } from "../../support/corpus.js";
import { sameMessage } from "../../support/same-message.js";

const { Buffer: original } = globalThis;

let corpus: Corpus;
let utf8: typeof import("../../../runtime/typescript/src/codec/utf8.js");
beforeAll(async () => {
  // Before the codec is loaded: it looks for Buffer once.
  corpus = await loadCorpus(() => Reflect.deleteProperty(globalThis, "Buffer"));
  utf8 = await import("../../../runtime/typescript/src/codec/utf8.js");
});
afterAll(() => {
  globalThis.Buffer = original;
});

describe("without Buffer", () => {
  it("the natives are not used", () => {
    expect("Buffer" in globalThis).toBe(false);
    const natives = original.prototype as unknown as Record<string, unknown>;
    for (const name of ["utf8Write", "latin1Slice", "utf8Slice"] as const) expect(utf8[name]).not.toBe(natives[name]);
  });

  it.each([
    "proto3.Scalars",
    "proto3.Lists",
    "proto3.Maps",
    "proto3.Choices",
    "proto3.WellKnown",
    "editions.Unchecked",
  ])("%s is encoded and decoded as by protobuf-es", (typeName) => {
    const { desc, encode, decode } = corpus.messages.get(`corpus.${typeName}`)!;
    fc.assert(
      fc.property(initOf(desc), (init) => {
        const bytes = toBinary(desc, create(desc, init));
        expect(sameMessage(encode(init), bytes)).toBe(true);
        expect(sameMessage(decode(bytes), fromBinary(desc, bytes))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it("text of every length and kind", () => {
    const { encode, decode } = corpus.messages.get("corpus.proto3.Tree")!;
    fc.assert(
      fc.property(fc.array(textOf(), { maxLength: 20 }), (texts) => {
        const sound = texts.map((text) =>
          new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text)),
        );
        const decoded = decode(encode({ children: texts.map((label) => ({ label })) }));
        expect((decoded["children"] as { label: string }[]).map(({ label }) => label)).toEqual(sound);
      }),
    );
  });
});
