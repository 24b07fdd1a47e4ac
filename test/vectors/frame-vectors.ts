/**
 * Builds golden/vectors/frames.json: frames in hex with what they say, or with the reason for which they are refused.
 * Everything is made by the twins, from proto/PROTOCOL.md alone; AES-256-GCM is the platform's.
 */
import { encodeFrameTwin, type TwinFrame, type TwinReceiver, twinTypes } from "../twin/frame-twin.js";
import { fnv1a32Twin } from "../twin/protobuf-twin.js";
import { xxh64Twin } from "../twin/xxh64-twin.js";
import { daemon, exampleRequest, hex, hex64, methodName, sessionId, text } from "./frame-examples.js";
import { validFrames } from "./frame-lawful.js";
import { refusals } from "./frame-refusals.js";
import { exampleKey, rekey, type SealedVector, sealedFrames } from "./frame-seals.js";

/** Side and phase of a receiver, as vectors write it: numbers above 2^53 as text. */
export interface VectorReceiver {
  readonly side: TwinReceiver["side"];
  readonly phase: TwinReceiver["phase"];
  readonly maxFrameBytes: number;
  readonly sessionId: string;
  readonly highestOwn: string;
  readonly highestPeer: string;
}

/** The fields of a valid frame. Ids and timestamp are decimal text; the session id is 16 hexadecimal digits. */
export interface VectorFrame {
  readonly type: number;
  readonly typeName: string;
  readonly flags: number;
  readonly messageId: string;
  readonly sessionId: string;
  readonly timestamp: string;
  readonly payload: string;
  readonly checksum: string;
}

export interface FrameVectors {
  readonly about: string;
  readonly valid: readonly { name: string; receiver: VectorReceiver; hex: string; frame: VectorFrame }[];
  readonly incomplete: readonly { name: string; receiver: VectorReceiver; hex: string }[];
  /** `layer`: "frame" needs the bytes and a length limit only, "session" also the rest of the receiver. */
  readonly invalid: readonly {
    name: string;
    layer: "frame" | "session";
    receiver: VectorReceiver;
    hex: string;
    reason: string;
  }[];
  readonly sealed: readonly SealedVector[];
  readonly rekeys: readonly { key: string; next: string }[];
  readonly checksums: readonly { hex: string; xxh64: string }[];
  readonly methodIds: readonly { name: string; id: string }[];
  readonly uuids: readonly { sessionId: string; messageId: string; uuid: string }[];
}

function receiver(at: TwinReceiver): VectorReceiver {
  return {
    side: at.side,
    phase: at.phase,
    maxFrameBytes: at.maxFrameBytes,
    sessionId: hex64(at.sessionId),
    highestOwn: String(at.highestOwn),
    highestPeer: String(at.highestPeer),
  };
}

function valid(name: string, at: TwinReceiver, sent: TwinFrame): FrameVectors["valid"][number] {
  const bytes = encodeFrameTwin(sent);
  return {
    name,
    receiver: receiver(at),
    hex: hex(bytes),
    frame: {
      type: sent.type,
      typeName: twinTypes.get(sent.type)!.name,
      flags: sent.flags,
      messageId: String(sent.messageId),
      sessionId: hex64(sent.sessionId),
      timestamp: String(sent.timestamp),
      payload: hex(sent.payload),
      checksum: hex(bytes.subarray(-8)),
    },
  };
}

function incompleteFrames(): FrameVectors["incomplete"] {
  const bytes = encodeFrameTwin(exampleRequest);
  return [0, 1, 35, 36, 44, bytes.length - 1].map((count) => ({
    name: `first ${count} of ${bytes.length} bytes`,
    receiver: receiver(daemon),
    hex: hex(bytes.subarray(0, count)),
  }));
}

/** The UUID of a message: session id, then the message id with the top two bits 10. */
export function uuidOf(session: bigint, messageId: bigint): string {
  const all = hex64(session) + hex64(messageId | (1n << 63n));
  return [all.slice(0, 8), all.slice(8, 12), all.slice(12, 16), all.slice(16, 20), all.slice(20)].join("-");
}

/** All vectors, the same whenever and wherever they are built. */
export function buildFrameVectors(): FrameVectors {
  const inputs = [
    "",
    "a",
    "abc",
    "Nobody inspects the spammish repetition",
    "x".repeat(31),
    "x".repeat(32),
    "x".repeat(100),
  ];
  const names = ["", "a", "foobar", methodName, "knowledge.v1.SearchProvider/Query"];
  const ids = [1n, 2n, 41n, 2n ** 53n - 1n];
  return {
    about:
      "Frames of protocol version 1; proto/PROTOCOL.md says what the fields mean. Made by test/vectors/make-frames.mjs.",
    valid: validFrames().map(([name, at, sent]) => valid(name, at, sent)),
    incomplete: incompleteFrames(),
    invalid: refusals.map(([name, layer, reason, at, sent, faults]) => ({
      name,
      layer,
      receiver: receiver(at),
      hex: hex(encodeFrameTwin(sent, faults)),
      reason,
    })),
    sealed: sealedFrames(),
    rekeys: [{ key: hex(exampleKey), next: hex(rekey(exampleKey)) }],
    checksums: inputs.map((input) => ({ hex: hex(text(input)), xxh64: hex64(xxh64Twin(text(input))) })),
    methodIds: names.map((name) => ({ name, id: fnv1a32Twin(name).toString(16).padStart(8, "0") })),
    uuids: ids.map((id) => ({ sessionId: hex64(sessionId), messageId: String(id), uuid: uuidOf(sessionId, id) })),
  };
}
