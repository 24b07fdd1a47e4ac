import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeHeartbeat, encodeHeartbeat } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import { decodeResponse, encodeResponse } from "../../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import {
  answersHeartbeat,
  heartbeatAnswer,
  heartbeatPayload,
} from "../../../runtime/typescript/src/session/heartbeat.js";

const empty = new Uint8Array(0);
const framed = (payload: Uint8Array): Uint8Array => Uint8Array.of(9, 9, 9, ...payload, 9);
const answerTo = (payload: Uint8Array): Uint8Array => heartbeatAnswer(framed(payload), 3, 3 + payload.length);
const answers = (payload: Uint8Array, nonce: number): boolean =>
  answersHeartbeat(framed(payload), 3, 3 + payload.length, nonce);

test("what is made by hand is what encoders write, and is understood", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0xffffffff }), fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), (own, nonce) => {
      const asked = heartbeatPayload(own).slice();
      expect(asked).toEqual(encodeHeartbeat(decodeHeartbeat(asked)));
      const theirs = encodeHeartbeat({ nonce });
      expect(answerTo(theirs)).toEqual(encodeResponse({ body: theirs }));
      const answer = answerTo(asked).slice();
      expect(answers(answer, own)).toBe(true);
      expect(answers(answer, own ^ 1)).toBe(false);
      for (let at = 3; at < answer.length; at++) {
        const bent = answer.slice();
        bent[at]! ^= 0x40;
        expect(answers(bent, own)).toBe(false);
      }
    }),
  );
});

test("what other encoders may write is understood too", () => {
  const nonce = heartbeatPayload(77).slice();
  const unknown = Uint8Array.of(0x10, 1);
  expect(decodeHeartbeat(decodeResponse(answerTo(Uint8Array.of(...unknown, ...nonce))).body!).nonce).toBe(
    decodeHeartbeat(nonce).nonce,
  );
  expect(answers(Uint8Array.of(...unknown, ...encodeResponse({ body: nonce })), 77)).toBe(true);
  expect(answers(encodeResponse({ body: Uint8Array.of(...nonce, ...unknown) }), 77)).toBe(true);
  // A nonce of 0 is not written, or is.
  expect(decodeHeartbeat(decodeResponse(answerTo(empty)).body!).nonce).toBe(0n);
  expect(answers(encodeResponse({ body: empty }), 0)).toBe(true);
  expect(answers(encodeResponse({ body: heartbeatPayload(0).slice() }), 0)).toBe(true);
});

test("what answers nothing", () => {
  expect(answers(empty, 5)).toBe(false);
  expect(answers(encodeResponse({ body: heartbeatPayload(6).slice() }), 5)).toBe(false);
  expect(() => answers(Uint8Array.of(0xff), 5)).toThrow();
  expect(() => answerTo(Uint8Array.of(0xff))).toThrow();
});
