import { readUint32, writeUint32 } from "../bytes/big-endian.js";
import { decodeHeartbeat, encodeHeartbeat } from "../gen/crucible/ipc/v1/control_codec.js";
import { decodeResponse, encodeResponse } from "../gen/crucible/ipc/v1/envelope_codec.js";

// Heartbeats as encoders write them, recognised and made by hand: ten thousand idle connections exchange 700 a second, and
// with the general codecs each took 1.3 KB of short-lived objects. What looks otherwise goes through the codecs.

/** Heartbeat{nonce}: the tag of a fixed64 of field 1, and its 8 bytes. */
const question = Uint8Array.of(0x09, 0, 0, 0, 0, 0, 0, 0, 0);
/** Response{body} with that: the tag of field 15, the length. */
const answer = Uint8Array.of(0x7a, question.length, ...question);
const answerHead = answer.length - question.length;

/** The payload of a Heartbeat. To be copied at once: the next one is written over it. `nonce` has 32 bits. */
export function heartbeatPayload(nonce: number): Uint8Array {
  // In which order does not matter: nobody but us reads it.
  writeUint32(question, 1, nonce);
  return question;
}

/** The payload of the Response to a Heartbeat whose payload is `bytes[start, end)`. To be copied at once. Throws what decoding throws. */
export function heartbeatAnswer(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (end - start !== question.length || bytes[start] !== question[0]) {
    const { nonce } = decodeHeartbeat(bytes.subarray(start, end));
    return encodeResponse({ body: encodeHeartbeat({ nonce }) });
  }
  for (let i = 0; i < question.length; i++) answer[answerHead + i] = bytes[start + i]!;
  return answer;
}

/** Whether `bytes[start, end)` answer the Heartbeat with this nonce. Throws what decoding throws. */
export function answersHeartbeat(bytes: Uint8Array, start: number, end: number, nonce: number): boolean {
  if (end - start === answer.length && bytes[start] === answer[0] && bytes[start + 1] === answer[1]) {
    const at = start + answerHead;
    if (bytes[at] === question[0]) return readUint32(bytes, at + 1) === nonce && readUint32(bytes, at + 5) === 0;
  }
  const { body } = decodeResponse(bytes.slice(start, end));
  return decodeHeartbeat(body ?? new Uint8Array(0)).nonce === decodeHeartbeat(heartbeatPayload(nonce)).nonce;
}
