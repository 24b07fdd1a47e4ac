import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { initOf } from "../../support/arbitrary.js";
import { type Corpus, compileCorpus, loadCorpus } from "../../support/corpus.js";
import { expectSame, ownOnly } from "../../support/same-message.js";

const typeNames = compileCorpus()
  .file.filter((file) => file.package.startsWith("corpus."))
  .flatMap((file) => file.messageType.map((message) => `${file.package}.${message.name}`));

let corpus: Corpus;
beforeAll(async () => {
  corpus = await loadCorpus();
});

const options = { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 25) };

describe.each(typeNames)("%s", (typeName) => {
  it("encodes init objects as protobuf-es encodes the messages it makes of them", () => {
    const { desc, encode } = corpus.messages.get(typeName)!;
    fc.assert(
      fc.property(initOf(desc), (init) => {
        expect(hex(encode(init))).toBe(hex(toBinary(desc, create(desc, init))));
      }),
      options,
    );
  });

  it("makes the same messages of init objects as protobuf-es, and encodes them the same", () => {
    const { desc, create: ours, encode } = corpus.messages.get(typeName)!;
    fc.assert(
      fc.property(initOf(desc), (init) => {
        const message = ours(init);
        const theirs = create(desc, init);
        expectSame(ownOnly(message), ownOnly(theirs));
        expect(hex(encode(message))).toBe(hex(toBinary(desc, theirs)));
        expect(ours(message)).toBe(message);
      }),
      options,
    );
  });

  it("says how many bytes are enough, and writes nothing outside", () => {
    const { desc, codec } = corpus.messages.get(typeName)!;
    fc.assert(
      fc.property(
        initOf(desc),
        fc.nat({ max: 100 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (init, offset, part) => {
          const whole = toBinary(desc, create(desc, init));
          const room = Math.floor(whole.length * part);
          const arena = new Uint8Array(offset + room + 50).fill(0xa5);
          const bytes = arena.subarray(0, offset + room);
          const end = codec.write(init, bytes, offset);
          expect(end - offset).toBeGreaterThanOrEqual(whole.length);
          expect(end <= bytes.length).toBe(room === whole.length && end === bytes.length);
          expect(arena.subarray(0, offset).every((byte) => byte === 0xa5)).toBe(true);
          expect(arena.subarray(offset + room).every((byte) => byte === 0xa5)).toBe(true);
          const enough = new Uint8Array(end);
          expect(codec.write(init, enough, offset) - offset).toBe(whole.length);
          expect(hex(enough.subarray(offset, offset + whole.length))).toBe(hex(whole));
        },
      ),
      options,
    );
  });
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
