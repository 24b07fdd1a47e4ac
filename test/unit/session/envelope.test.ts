import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CrucibleError } from "../../../runtime/typescript/src/error/index.js";
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  MetadataCodec,
  type RequestInit,
} from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { envelope, readEnvelope, writeEnvelope } from "../../../runtime/typescript/src/session/envelope.js";
import { head, writeRequestHead, writeResponseHead } from "../../../runtime/typescript/src/session/head.js";

const key = fc.stringMatching(/^[a-z0-9\-_.]{1,20}$/).filter((text) => !text.startsWith("crucible-"));
const value = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: "grapheme", maxLength: 200 }));
const metadata = fc.dictionary(key, fc.oneof(value, fc.array(value, { maxLength: 3 })), { maxKeys: 6 });
const flatten = (source: Readonly<Record<string, string | readonly string[]>>): { key: string; value: string }[] =>
  Object.entries(source).flatMap(([name, given]) =>
    (typeof given === "string" ? [given] : given).map((one) => ({ key: name, value: one })),
  );
// What UTF-8 cannot say is replaced, as everywhere on the platform.
const wellFormed = (text: string): string => new TextDecoder().decode(new TextEncoder().encode(text));

describe("the hand-written envelope agrees with the generated codec", () => {
  test("when a request is written", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 0xffffffff }),
        fc.option(fc.nat(2 ** 40)),
        metadata,
        fc.string({ maxLength: 300 }),
        (id, timeout, given, text) => {
          writeRequestHead(id, timeout ?? undefined, given);
          const bytes = new Uint8Array(40_000);
          const end = writeEnvelope(bytes, 0, head.bytes, head.length, MetadataCodec, { key: text });
          const read = decodeRequest(bytes.subarray(0, end));
          expect(read.methodId).toBe(id);
          expect(read.timeoutUs).toBe(timeout === null ? undefined : BigInt(timeout));
          expect(read.metadata.map((entry) => [entry.key, entry.value])).toEqual(
            flatten(given).map((entry) => [entry.key, wellFormed(entry.value)]),
          );
          expect(MetadataCodec.read(read.body!, 0, read.body!.length).key).toBe(wellFormed(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("when a request is read", () => {
    const request: fc.Arbitrary<RequestInit> = fc.record(
      {
        methodId: fc.nat({ max: 0xffffffff }),
        timeoutUs: fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }),
        metadata: fc.array(fc.record({ key, value: value.map(wellFormed) }), { maxLength: 4 }),
        traceparent: fc.string({ maxLength: 60 }).map(wellFormed),
        tracestate: fc.string({ maxLength: 60 }).map(wellFormed),
        idempotencyKey: fc.uint8Array({ minLength: 16, maxLength: 16 }),
        body: fc.uint8Array({ maxLength: 200 }),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<RequestInit>;
    fc.assert(
      fc.property(request, (init) => {
        const bytes = encodeRequest(init);
        readEnvelope(bytes, 0, bytes.length);
        expect(envelope.methodId).toBe(init.methodId ?? 0);
        expect(envelope.timeoutUs).toBe(init.timeoutUs === undefined ? undefined : Number(init.timeoutUs));
        expect(envelope.metadata).toEqual((init.metadata ?? []).flatMap((entry) => [entry.key, entry.value]));
        expect(envelope.traceparent).toBe(init.traceparent ?? "");
        expect(envelope.tracestate).toBe(init.tracestate ?? "");
        expect(envelope.idempotencyKey).toEqual(init.idempotencyKey);
        const body = envelope.bodyStart < 0 ? undefined : bytes.slice(envelope.bodyStart, envelope.bodyEnd);
        expect(body).toEqual(init.body);
      }),
      { numRuns: 500 },
    );
  });

  test("on any bytes: the same fields, or a refusal", () => {
    const valid = encodeRequest({
      methodId: 7,
      timeoutUs: 9n,
      metadata: [{ key: "k", value: "v" }],
      body: new Uint8Array(3),
    });
    const mutated = fc
      .array(fc.tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 })), { maxLength: 4 })
      .map((edits) => {
        const bytes = valid.slice();
        for (const [at, byte] of edits) bytes[at] = byte;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 40 })), (bytes) => {
        try {
          readEnvelope(bytes, 0, bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(CrucibleError);
          expect((error as CrucibleError).reason).toBe("BAD_ENVELOPE");
          return;
        }
        const read = decodeRequest(bytes);
        expect(envelope.methodId).toBe(read.methodId);
        expect(envelope.metadata).toEqual(read.metadata.flatMap((entry) => [entry.key, entry.value]));
        expect(envelope.bodyStart < 0 ? undefined : bytes.slice(envelope.bodyStart, envelope.bodyEnd)).toEqual(
          read.body,
        );
      }),
      { numRuns: 20_000 },
    );
  });
});

test.each([
  ["body twice", "7a007a00"],
  ["method id twice", "0d010000000d01000000"],
  ["timeout twice", "10011001"],
  ["a key twice", "1a060a01610a0162"],
  ["a field that ends too late", "7a05aa"],
  ["a number without end", "10ffffffffffffffffffffff"],
  ["text that is not UTF-8", "22022fff"],
  ["a key with an upper-case letter", "1a050a0141120162".slice(0, 14)],
  ["an idempotency key of another size", "3203010203"],
  ["a group", "8301"],
  ["field number 0", "0200"],
  ["a lonely tag", "7a"],
  ["a tag of six bytes", "a0808080810000"],
  ["a length of six bytes", "7a808080808000"],
])("refuses %s", (_what, hex) => {
  const bytes = new Uint8Array(Buffer.from(hex, "hex"));
  expect(() => readEnvelope(bytes, 0, bytes.length)).toThrow(expect.objectContaining({ reason: "BAD_ENVELOPE" }));
});

test("a head of more than 16 KiB is neither written nor read", () => {
  expect(() => writeResponseHead({ key: "x".repeat(16_400) })).toThrow(
    expect.objectContaining({ reason: "METADATA_INVALID" }),
  );
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, "x".repeat(100)]));
  expect(() => writeResponseHead(many)).toThrow(expect.objectContaining({ reason: "METADATA_INVALID" }));
  const bytes = encodeRequest({ metadata: [{ key: "k", value: "x".repeat(16_400) }] });
  expect(() => readEnvelope(bytes, 0, bytes.length)).toThrow(expect.objectContaining({ reason: "BAD_ENVELOPE" }));
});

test("a body of any size has its length in front", () => {
  for (const size of [0, 1, 100, 119, 120, 127, 128, 16_370, 16_384, 70_000]) {
    const bytes = new Uint8Array(size + 30);
    writeResponseHead(undefined);
    const end = writeEnvelope(bytes, 0, head.bytes, head.length, MetadataCodec, { value: "x".repeat(size) });
    const { body } = decodeResponse(bytes.subarray(0, end));
    expect(MetadataCodec.read(body!, 0, body!.length).value.length).toBe(size);
    const tooSmall = new Uint8Array(Math.max(0, end - 1));
    expect(writeEnvelope(tooSmall, 0, head.bytes, head.length, MetadataCodec, { value: "x".repeat(size) })).toBe(end);
  }
});

describe("what is kept of the last envelopes", () => {
  const headOf = (source: Readonly<Record<string, string | readonly string[]>> | undefined): unknown[] => {
    writeRequestHead(7, 1_000, source);
    return decodeRequest(head.bytes.slice(0, head.length)).metadata.map((entry) => [entry.key, entry.value]);
  };

  test("a head is written again when anything in its metadata has changed", () => {
    const changing: Record<string, string | string[]> = { tenant: "a", zone: "1" };
    expect(headOf(changing)).toEqual(headOf({ tenant: "a", zone: "1" }));
    changing["tenant"] = "b";
    expect(headOf(changing)).toEqual([
      ["tenant", "b"],
      ["zone", "1"],
    ]);
    delete changing["zone"];
    expect(headOf(changing)).toEqual([["tenant", "b"]]);
    const list = ["x"];
    changing["tenant"] = list;
    expect(headOf(changing)).toEqual([["tenant", "x"]]);
    list.push("y");
    expect(headOf(changing)).toEqual([
      ["tenant", "x"],
      ["tenant", "y"],
    ]);
    expect(headOf(undefined)).toEqual([]);
    expect(headOf({})).toEqual([]);
    expect(headOf(Object.create({ tenant: "a" }) as Record<string, string>)).toEqual([]);
    expect(headOf({ tenant: "a" })).toEqual([["tenant", "a"]]);
    expect(headOf(Object.create({ tenant: "a" }) as Record<string, string>)).toEqual([]);
    // Answers are written into the same memory.
    writeResponseHead({ tenant: "other" });
    expect(headOf({ tenant: "a" })).toEqual([["tenant", "a"]]);
    writeRequestHead(8, 1_000, { tenant: "a" });
    expect(decodeRequest(head.bytes.slice(0, head.length))).toMatchObject({ methodId: 8, timeoutUs: 1_000n });
    expect(() => writeRequestHead(7, 1_000, { "BAD KEY": "a" })).toThrow(CrucibleError);
    expect(headOf({ tenant: "a" })).toEqual([["tenant", "a"]]);
  });

  test("entries of metadata are read as they are, whatever was read before", () => {
    const few = fc.constantFrom("a", "b", "ab", "ba", "aa", "key", "kez", "é", "");
    const entries = fc.array(fc.record({ key: fc.constantFrom("a", "b", "ab", "kf"), value: few }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 20 }), (requests) => {
        for (const given of requests) {
          const bytes = encodeRequest({ methodId: 1, metadata: given }).slice();
          readEnvelope(bytes, 0, bytes.length);
          const read = [...envelope.metadata];
          bytes.fill(0);
          expect(read).toEqual(given.flatMap((entry) => [entry.key, entry.value]));
        }
      }),
      { numRuns: 300 },
    );
  });
});
