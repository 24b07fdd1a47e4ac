import {
  clone,
  create,
  type DescMessage,
  equals,
  fromBinary,
  isFieldSet,
  isMessage,
  type Message,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { initOf } from "../../support/arbitrary.js";
import { type Corpus, compileCorpus, loadCorpus } from "../../support/corpus.js";
import { expectSame, ownOnly } from "../../support/same-message.js";

const files = compileCorpus().file.filter((file) => file.package.startsWith("corpus."));
const typeNames = files.flatMap((file) => file.messageType.map((message) => `${file.package}.${message.name}`));

let corpus: Corpus;
beforeAll(async () => {
  corpus = await loadCorpus();
});

const options = { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 25) };

type Fields = { readonly [key: string]: unknown };

/** What a schema makes of a value, or the error it gives. */
function attempt<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    return `error: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Encodes an init object with fields that the message does not know, at every level that has a message. */
function bytesOf(desc: DescMessage, init: Record<string, unknown>, unknown: Uint8Array): Uint8Array {
  const known = toBinary(desc, create(desc, init));
  // Field number 18999 is in no message of the corpus.
  return Uint8Array.from([...known, 0xba, 0xa3, 0x09, unknown.length, ...unknown]);
}

describe.each(typeNames)("%s", (typeName) => {
  const withUnknown = (desc: DescMessage): fc.Arbitrary<[Record<string, unknown>, Uint8Array]> =>
    fc.tuple(initOf(desc), fc.uint8Array({ maxLength: 100 }));

  it("decodes to what protobuf-es decodes", () => {
    const { desc, decode } = corpus.messages.get(typeName)!;
    fc.assert(
      fc.property(withUnknown(desc), ([init, unknown]) => {
        const bytes = bytesOf(desc, init, unknown);
        const theirs = fromBinary(desc, bytes);
        const ours = decode(bytes);
        expectSame(ownOnly(ours), ownOnly(theirs));
        // Without defaults there is no prototype, and nothing at all may differ.
        if (Object.getPrototypeOf(theirs) === Object.prototype)
          expect(Object.getPrototypeOf(ours)).toBe(Object.prototype);
        for (const { localName } of desc.fields) {
          // Fields that are not set read as their default.
          if (!Object.hasOwn(ours, localName)) expectSame(ours[localName], (theirs as Fields)[localName]);
        }
      }),
      options,
    );
  });

  it("decodes to what the functions of protobuf-es take for their own", () => {
    const { desc, decode, encode } = corpus.messages.get(typeName)!;
    fc.assert(
      fc.property(withUnknown(desc), ([init, unknown]) => {
        const bytes = bytesOf(desc, init, unknown);
        const theirs: Message = fromBinary(desc, bytes);
        const ours = decode(bytes) as unknown as Message;
        expect(isMessage(ours, desc)).toBe(true);
        expectSame(
          attempt(() => toJson(desc, ours)),
          attempt(() => toJson(desc, theirs)),
        );
        expect(equals(desc, ours, theirs)).toBe(equals(desc, theirs, fromBinary(desc, bytes)));
        for (const field of desc.fields) expect(isFieldSet(ours, field)).toBe(isFieldSet(theirs, field));
        const copied = attempt(() => toBinary(desc, clone(desc, ours)));
        expectSame(
          copied,
          attempt(() => toBinary(desc, clone(desc, theirs))),
        );
        expect(Buffer.from(encode(ours)).equals(toBinary(desc, theirs))).toBe(true);
      }),
      options,
    );
  });

  it("reads two encodings in a row as one message: lists grow, messages merge, scalars are replaced", () => {
    const { desc, decode } = corpus.messages.get(typeName)!;
    fc.assert(
      fc.property(initOf(desc), initOf(desc), (first, second) => {
        const parts = [first, second].map((init) => toBinary(desc, create(desc, init)));
        const bytes = Buffer.concat(parts);
        const plain = new Uint8Array(bytes);
        expectSame(ownOnly(decode(plain)), ownOnly(fromBinary(desc, plain)));
      }),
      options,
    );
  });
});
