import { describe, expect, test } from "vitest";
import { FrameType } from "../../../../runtime/typescript/src/frame/frame.js";
import { decodeResponse, encodeStream } from "../../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { expectAlive, halfClose, methodId, opening, pair, RawEnd, request, streamed } from "../../../suites/raw-end.js";
import { bytes, text } from "../../../suites/shorthand.js";

// PROTOCOL.md, section 8, against a live session: what stands in front of a body, and the body.

const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

/** Fields 1 to 15 of a Request, by hand. */
const method = (): Uint8Array => {
  const id = methodId("unary");
  return bytes(0x0d, id & 255, (id >>> 8) & 255, (id >>> 16) & 255, id >>> 24);
};

const field = (tag: number, value: Uint8Array): Uint8Array =>
  value.length < 128
    ? join(bytes(tag, value.length), value)
    : join(bytes(tag, (value.length & 127) | 128, value.length >>> 7), value);
const body = (): Uint8Array => field(0x7a, pair());

const entry = (key: string, value = "v"): Uint8Array => {
  const encoder = new TextEncoder();
  return field(0x1a, join(field(0x0a, encoder.encode(key)), field(0x12, encoder.encode(value))));
};

describe("envelopes", () => {
  test.each<readonly [string, Uint8Array]>([
    ["no protobuf", bytes(0xff, 0xff)],
    ["a truncated field", bytes(0x7a, 200)],
    ["method_id twice", join(method(), method(), body())],
    ["timeout_us twice", join(method(), bytes(0x10, 1, 0x10, 1), body())],
    ["traceparent twice", join(method(), field(0x22, bytes(65)), field(0x22, bytes(65)), body())],
    ["body twice", join(method(), body(), body())],
    ["an unknown field below 16 twice", join(method(), bytes(0x38, 1, 0x38, 1), body())],
    ["a key of metadata twice", join(method(), field(0x1a, bytes(0x0a, 1, 97, 0x0a, 1, 97)), body())],
    ["a value of metadata twice", join(method(), field(0x1a, bytes(0x0a, 1, 97, 0x12, 1, 97, 0x12, 1, 97)), body())],
    ["text that is not UTF-8", join(method(), field(0x2a, bytes(0xff)), body())],
    ["an idempotency key of 15 bytes", join(method(), field(0x32, new Uint8Array(15)), body())],
    ["an upper-case metadata key", join(method(), entry("Key"), body())],
    ["an empty metadata key", join(method(), entry(""), body())],
    ["a metadata key of 129 characters", join(method(), entry("k".repeat(129)), body())],
    ["method_id with another wire type", join(bytes(0x08, 1), body())],
    ["body with another wire type", join(method(), bytes(0x78, 1))],
    ["a head above 16,384 bytes", join(method(), entry("k", text(16_300)), entry("k", text(200)), body())],
  ])("%s: BAD_ENVELOPE of the call", async (_what, payload) => {
    const raw = new RawEnd();
    await raw.exchange({ ...request(1), payload });
    expect(raw.reasons(1)).toEqual(["BAD_ENVELOPE"]);
    expect(raw.errors(1)[0]!.started).toBe(false);
    await expectAlive(raw, 3);
  });

  test.each<readonly [string, Uint8Array]>([
    ["fields in any order", join(body(), bytes(0x10, 0x80, 0x80, 4), method())],
    ["unknown fields", join(method(), bytes(0x38, 1, 0x80, 0x08, 1), body())],
    ["reserved metadata", join(method(), entry("crucible-x"), body())],
    ["a key that repeats", join(method(), entry("a"), entry("a"), body())],
    ["malformed trace context", join(method(), field(0x22, bytes(65, 66)), field(0x2a, bytes(67)), body())],
    ["an idempotency key", join(method(), field(0x32, new Uint8Array(16)), body())],
    ["a head of 16,384 bytes", join(method(), entry("k", text(16_384 - 5 - 10)), body())],
  ])("%s: lawful", async (_what, payload) => {
    const raw = new RawEnd();
    await raw.exchange({ ...request(1), payload });
    expect(raw.of(FrameType.Error)).toHaveLength(0);
    expect(raw.of(FrameType.Response, 1)).toHaveLength(1);
  });

  test("a body that is no message of its type: DECODE_INVALID", async () => {
    const raw = new RawEnd();
    await raw.exchange(request(1, "unary", { body: bytes(0x0a, 200) }));
    expect(raw.reasons(1)).toEqual(["DECODE_INVALID"]);
    await expectAlive(raw, 3);
  });

  test("a body of length 0 is an empty message", async () => {
    const raw = new RawEnd();
    await raw.exchange(request(1, "unary", { body: bytes() }));
    expect(decodeResponse(raw.of(FrameType.Response, 1)[0]!.payload).body).toEqual(bytes());
  });

  test("a message that breaks its schema: VALIDATION_FAILED, with details", async () => {
    const raw = new RawEnd();
    await raw.exchange(request(1, "unary", { body: pair("invalid") }));
    expect(raw.reasons(1)).toEqual(["VALIDATION_FAILED"]);
    expect(raw.errors(1)[0]!.details[0]!.typeName).toBe("crucible.ipc.v1.Violations");
  });

  test("a bad Stream fails its call", async () => {
    for (const payload of [bytes(0x7a, 99), join(body(), body()), bytes(), encodeStream({ body: bytes(0x0a, 99) })]) {
      const raw = new RawEnd();
      await raw.exchange(opening(1), { type: FrameType.Stream, id: 1, payload }, streamed(1), halfClose(1));
      expect(["BAD_ENVELOPE", "DECODE_INVALID"]).toContain(raw.reasons(1)[0]);
      expect(raw.reasons(1)).toHaveLength(1);
      await expectAlive(raw, 3);
      expect(raw.peer.session.liveCalls).toBe(0);
    }
  });
});
