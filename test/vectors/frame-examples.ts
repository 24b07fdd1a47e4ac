/** What the frame vectors are made from: one session, its two ends, and a few payloads. */
import type { TwinFrame, TwinReceiver } from "../twin/frame-twin.js";
import { encodeMessageTwin, fnv1a32Twin, type TwinField } from "../twin/protobuf-twin.js";

/** Lower-case hexadecimal. */
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/** 16 hexadecimal digits. */
export const hex64 = (value: bigint): string => value.toString(16).padStart(16, "0");
/** UTF-8. */
export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** A session id as a daemon draws it. */
export const sessionId: bigint = 0x0123456789ab8defn;
/** 2026-01-01T00:00:00Z. */
export const timestamp: bigint = 1_767_225_600_000_000_000n;
/** The method that examples call. */
export const methodName = "example.v1.Echo/Say";
/** Its wire id. */
export const methodId: number = fnv1a32Twin(methodName);
/** example.v1.Text { string text = 1; } */
export const body: Uint8Array = encodeMessageTwin([[1, { text: "hi" }]]);

/** A payload of these fields. */
export const message = (...fields: TwinField[]): Uint8Array => encodeMessageTwin(fields);
/** A frame of the session of the examples, or of another. */
export const frame = (
  type: number,
  flags: number,
  messageId: bigint,
  payload: Uint8Array,
  session: bigint = sessionId,
): TwinFrame => ({
  type,
  flags,
  messageId,
  sessionId: session,
  timestamp,
  payload,
});

/** The envelope of a unary Request with a deadline of 0.5 s. */
export const unary: Uint8Array = message([1, { fixed32: methodId }], [2, { varint: 500_000 }], [15, { bytes: body }]);
/** What answers a PluginRegister; its payload is no real seal. */
export const registered: TwinFrame = frame(0x04, 0x0a, 0n, text("sealed bytes that this layer does not open"));

/** The frames of PROTOCOL.md's worked example. */
export const exampleRequest: TwinFrame = frame(0x03, 0x0008, 1n, unary);
export const exampleResponse: TwinFrame = frame(0x04, 0x0008, 1n, message([15, { bytes: body }]));

/** A daemon in an open session. */
export const daemon: TwinReceiver = {
  side: "daemon",
  phase: "OPEN",
  maxFrameBytes: 1_048_576,
  sessionId,
  highestOwn: 40n,
  highestPeer: 41n,
};
/** The plugin at the other end. */
export const plugin: TwinReceiver = { ...daemon, side: "plugin", highestOwn: 41n, highestPeer: 40n };
/** The same side in an earlier phase. */
export const before = (at: TwinReceiver, phase: TwinReceiver["phase"]): TwinReceiver => ({
  ...at,
  phase,
  sessionId: 0n,
  highestOwn: 0n,
  highestPeer: 0n,
});
