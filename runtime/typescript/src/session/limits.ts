/** Every number that bounds a session, in one place. PROTOCOL.md, "Limits", is the normative table. */

/** What a call may send before the first Credit, each way: fixed by the protocol. */
export const initialWindowBytes = 65_536;
/** The largest window: fixed by the protocol. */
export const maxWindowBytes = 2_147_483_647;
/** What the window of one call grows to, where it pays. */
export const maxGrownWindowBytes = 1_048_576;
/** What the windows of all calls of a session may grow by. */
export const growthPoolBytes = 16_777_216;
/** A window that is used up within this time, in milliseconds, is too small for its call. */
export const busyWindowMs = 10;
/** Payload of a fragment, so that one always fits the initial window. */
export const maxFragmentBytes = 65_492;
/** The same where calls have an advance. */
export const maxAdvancedFragmentBytes = 131_028;
/** Head and metadata of an envelope, in the first fragment. */
export const maxHeadBytes = 16_384;
/** An encoded Error: senders shorten it to this. */
export const maxErrorBytes = 16_384;
/** Payload of PluginRegister and its answer. */
export const maxRegisterBytes = 1_048_576;
/** Payload of a control frame. */
export const maxControlBytes = 65_536;
/** Control frames that wait to be sent while the peer does not read. */
export const maxUnsentControlBytes = 262_144;
/** All bytes that wait to be sent while the peer does not read; beyond it, messages wait with their calls. */
export const maxUnsentBytes = 8_388_608;
/** Cancels that this side sends a second: fewer than peers with default limits take. */
export const ownCancelsPerSecond = 900;
/** How long the sender of an event waits for its Ack. */
export const ackTimeoutMs = 30_000;
/** Events that one side has sent and that are not acknowledged, and their bytes: one more is refused. */
export const maxUnacknowledgedEvents = 1_024;
export const maxUnacknowledgedBytes = 4_194_304;
/** Regions of one arena that are announced and not free again. */
export const maxRegions = 1_024;
/** All bytes of a connection, headers included, up to message 3. */
export const maxHandshakeBytes = 65_536;

/** Limits of one session that its owner may choose. */
export interface SessionLimits {
  /** Payload of one frame, in bytes. Default: 1,048,576; from 65,536. */
  readonly maxFrameBytes: number;
  /** One message, all its fragments together, in bytes. Default: 67,108,864. A larger one fails its call. */
  readonly maxMessageBytes: number;
  /** Calls in flight that the peer has opened. Default: 1,024. One more fails with TOO_MANY_CALLS. */
  readonly maxCalls: number;
  /** Bytes of messages that are not complete, over all calls. Default: 134,217,728. Beyond it the youngest fails. */
  readonly maxIncompleteBytes: number;
  /** How long a handshake may take, in milliseconds. Default: 5,000. */
  readonly handshakeTimeoutMs: number;
  /** How long a frame that has begun may stand still, in milliseconds. Default: 10,000. */
  readonly frameTimeoutMs: number;
  /** How long a connection may be silent before it is asked, in milliseconds. Default: 15,000. */
  readonly heartbeatIntervalMs: number;
  /** Unanswered heartbeats after which the peer counts as dead. Default: 3. */
  readonly heartbeatMisses: number;
  /** Cancels a peer may send a second, after 2 · maxCalls at once. Default: 1,000. More ends the connection. */
  readonly cancelsPerSecond: number;
}

export const defaultLimits: SessionLimits = {
  maxFrameBytes: 1_048_576,
  maxMessageBytes: 67_108_864,
  maxCalls: 1_024,
  maxIncompleteBytes: 134_217_728,
  handshakeTimeoutMs: 5_000,
  frameTimeoutMs: 10_000,
  heartbeatIntervalMs: 15_000,
  heartbeatMisses: 3,
  cancelsPerSecond: 1_000,
};
