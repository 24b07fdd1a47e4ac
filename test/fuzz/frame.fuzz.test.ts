import { expect, test } from "vitest";
import { CrucibleError } from "../../runtime/typescript/src/error/index.js";
import { Flag, FrameType } from "../../runtime/typescript/src/frame/frame.js";
import { FrameReader } from "../../runtime/typescript/src/frame/frame-reader.js";
import { flagTable } from "../../runtime/typescript/src/frame/rules.js";
import { encodeEvent } from "../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import {
  cancel,
  credit,
  event,
  failure,
  frameBytes,
  opening,
  pair,
  request,
  response,
  sessionId,
  shutdown,
  streamed,
} from "../suites/raw-end.js";
import { decodeFrameTwin, TwinError, type TwinReceiver, twinTypes } from "../twin/frame-twin.js";
import { chop, mutateStream } from "./frames.js";
import { fuzzIterations, fuzzSeed, Random } from "./random.js";

/** Daemons in open sessions, by what was agreed on. */
const receivers: readonly TwinReceiver[] = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
  [false, false, true],
  [false, true, true],
].map(([everything = false, lz4 = false, handoff = false]) => ({
  side: "daemon",
  phase: "OPEN",
  maxFrameBytes: 1_048_576,
  sessionId,
  highestOwn: 40n,
  highestPeer: 41n,
  everything,
  lz4,
  handoff,
}));

const lawful = [
  request(1),
  { ...request(3, "secret"), sealed: true },
  opening(5),
  streamed(5, pair("key", "a longer value that takes more than one lane of the checksum, and then some")),
  { ...streamed(5), flags: Flag.More },
  { ...streamed(5), flags: Flag.Handoff },
  { type: FrameType.Stream, flags: Flag.EndStream, id: 5 },
  response(2, pair()),
  failure(2, "REASON"),
  cancel(1, "no longer wanted"),
  credit(5, 40_000),
  event(7, "a.b", new Uint8Array(16), Flag.AckRequired),
  { ...event(9, "a.b", new Uint8Array(16)), payload: encodeEvent({}) },
  shutdown(40),
  { type: FrameType.Heartbeat, id: 43 },
  { ...request(45), flags: Flag.EndStream | Flag.Compressed },
  { ...streamed(5), flags: Flag.Compressed | Flag.More },
  { type: FrameType.Sealed, payload: frameBytes(request(47)).slice(0, -8), sealed: true },
  { type: FrameType.Sealed, payload: frameBytes(credit(5, 9)).slice(0, -8), sealed: true },
].map((frame) => frameBytes(frame));

/** What a stream gives: frames as text, then the reason that ends it or nothing. */
type Outcome = readonly string[];

const show = (type: number, flags: number, payload: Uint8Array): string =>
  `${type} ${flags} ${Buffer.from(payload).toString("hex")}`;

function byTwin(stream: Uint8Array, receiver: TwinReceiver): Outcome {
  const outcome: string[] = [];
  for (let at = 0; at < stream.length;) {
    const rest = stream.subarray(at);
    try {
      const decoded = decodeFrameTwin(rest, receiver);
      if (decoded === undefined) break;
      outcome.push(show(decoded.frame.type, decoded.frame.flags, decoded.frame.payload));
      at += decoded.size;
    } catch (error) {
      if (!(error instanceof TwinError)) throw error;
      // What comes behind the checksum is no business of the reader: to it such a frame is whole.
      const late = error.reason === "SEAL_REQUIRED" && rest[1] === FrameType.Error;
      if (error.reason !== "BAD_SESSION" && error.reason !== "BAD_MESSAGE_ID" && !late) {
        // The twin looks at a version before the header is whole, as it may.
        if (error.reason !== "BAD_VERSION" || rest.length >= 36) outcome.push(error.reason);
        break;
      }
      const view = new DataView(rest.buffer, rest.byteOffset);
      const length = view.getUint32(32);
      outcome.push(show(rest[1]!, view.getUint16(2), rest.slice(36, 36 + length)));
      at += 44 + length;
    }
  }
  return outcome;
}

/** The limits and phases of an open session, which are its owner's and not the reader's. */
function onHeader(type: number, receiver: TwinReceiver): number {
  if (type === FrameType.Sealed) return receiver.maxFrameBytes + 65_588;
  if (receiver.everything === true && type !== FrameType.Error) throw new CrucibleError("SEAL_REQUIRED", "in clear");
  const rule = twinTypes.get(type)!;
  if (rule.from === "none") throw new CrucibleError("BAD_PHASE", "not in an open session");
  return rule.large === true ? receiver.maxFrameBytes : 65_536;
}

function byReader(chunks: readonly Uint8Array[], receiver: TwinReceiver): Outcome {
  const outcome: string[] = [];
  const reader = new FrameReader({
    onHeader: (type) => onHeader(type, receiver),
    onFrame(bytes, start, end) {
      outcome.push(show(bytes[start + 1]!, (bytes[start + 2]! << 8) | bytes[start + 3]!, bytes.slice(start + 36, end)));
    },
  });
  reader.flags = flagTable({
    sealed: receiver.everything === true,
    compressed: receiver.lz4 === true,
    handoff: receiver.handoff === true,
  });
  try {
    for (const chunk of chunks) reader.push(chunk);
  } catch (error) {
    if (!(error instanceof CrucibleError)) throw error;
    outcome.push(error.reason);
  }
  return outcome;
}

test("FrameReader gives what the readable decoder gives, whatever the chunks", { timeout: 0 }, () => {
  const seed = fuzzSeed();
  const random = new Random(seed);
  const reasons = new Map<string, number>();
  for (let left = fuzzIterations(20_000); left > 0; left--) {
    const frames = Array.from({ length: 1 + random.below(4) }, () => random.pick(lawful));
    const stream = mutateStream(frames, random);
    const receiver = random.pick(receivers);
    const expected = byTwin(stream, receiver);
    const seen = byReader(chop(stream, random), receiver);
    if (JSON.stringify(seen) !== JSON.stringify(expected)) {
      expect(seen, `seed ${seed}, stream ${Buffer.from(stream).toString("hex")}`).toEqual(expected);
    }
    const last = expected.at(-1) ?? "nothing";
    const reason = last.includes(" ") ? "frames" : last;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  // Programs that never came this far would test nothing.
  for (const reason of [
    "frames",
    "BAD_VERSION",
    "BAD_RESERVED",
    "BAD_FLAGS",
    "BAD_TYPE",
    "BAD_PHASE",
    "BAD_CHECKSUM",
    "SEAL_REQUIRED",
  ]) {
    expect(reasons.get(reason) ?? 0, reason).toBeGreaterThan(10);
  }
});
