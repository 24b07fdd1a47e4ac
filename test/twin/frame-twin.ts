/**
 * The frame codec the slow and readable way, written from proto/PROTOCOL.md, "Frame" and "Checks on receipt", alone: one
 * allocation after the other, BigInt throughout, the checks in the documented order. It shares nothing with the runtime.
 */
import { xxh64Twin } from "./xxh64-twin.js";

export interface TwinFrame {
  readonly type: number;
  readonly flags: number;
  readonly messageId: bigint;
  readonly sessionId: bigint;
  /** Unix time in nanoseconds. */
  readonly timestamp: bigint;
  readonly payload: Uint8Array;
}

/** What a test may get wrong on purpose. */
export interface TwinFaults {
  readonly version?: number;
  readonly reserved?: number;
  /** Announced length of the payload. */
  readonly length?: number;
  /** Xored into the checksum. */
  readonly checksumXor?: bigint;
}

/** The receiver that a frame arrives at. */
export interface TwinReceiver {
  readonly side: "plugin" | "daemon";
  readonly phase: "NEW" | "MSG1" | "MSG2" | "REGISTERING" | "OPEN";
  readonly maxFrameBytes: number;
  /** 0 until assigned. */
  readonly sessionId: bigint;
  /** Highest message id that this side has opened; 0 for none. */
  readonly highestOwn: bigint;
  /** Highest message id that the peer has opened; 0 for none. */
  readonly highestPeer: bigint;
  /** The policy of the session is `everything`. Default: false. */
  readonly everything?: boolean;
  /** `lz4` was agreed on. Default: false. */
  readonly lz4?: boolean;
  /** `handoff` was agreed on. Default: false. */
  readonly handoff?: boolean;
}

/** A refused frame: `reason` is the one of the catalogue. */
export class TwinError extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

const headerBytes = 36;
const checksumBytes = 8;
const maxMessageId = 2n ** 53n - 1n;

const compressed = 0x01;
const encrypted = 0x02;
const more = 0x04;
const endStream = 0x08;
const handoff = 0x10;
const retry = 0x20;
const ackRequired = 0x40;

interface TypeRule {
  readonly name: string;
  readonly flags: number;
  /** Who may send it once the session is open. */
  readonly from: "both" | "plugin" | "none";
  /** opens: a new id of the sender; own, peer: an id that the sender, the receiver has opened; zero: none. */
  readonly id: "opens" | "own" | "peer" | "either" | "zero" | "peer or zero" | "either or zero";
  /** Its payload may take max_frame_bytes; otherwise 65,536. */
  readonly large?: true;
}

/** The table of frame types. */
export const twinTypes: ReadonlyMap<number, TypeRule> = new Map<number, TypeRule>([
  [0x01, { name: "Handshake", flags: 0, from: "none", id: "zero" }],
  [0x02, { name: "Heartbeat", flags: encrypted, from: "both", id: "opens" }],
  [0x03, { name: "Request", flags: encrypted | more | endStream | retry, from: "both", id: "opens", large: true }],
  [0x04, { name: "Response", flags: encrypted | more | endStream, from: "both", id: "peer or zero", large: true }],
  [0x05, { name: "Event", flags: encrypted | more | retry | ackRequired, from: "both", id: "opens", large: true }],
  [0x06, { name: "Error", flags: encrypted | endStream, from: "both", id: "peer or zero" }],
  [0x07, { name: "Shutdown", flags: encrypted, from: "both", id: "zero" }],
  [0x10, { name: "PluginRegister", flags: encrypted | more, from: "none", id: "zero", large: true }],
  [0x11, { name: "PluginUnregister", flags: encrypted, from: "plugin", id: "opens" }],
  [0x12, { name: "CapabilityQuery", flags: encrypted, from: "plugin", id: "opens" }],
  [0x13, { name: "ResourceRequest", flags: encrypted, from: "plugin", id: "opens" }],
  [0x14, { name: "HealthCheck", flags: encrypted, from: "both", id: "opens" }],
  [0x15, { name: "MetricsReport", flags: encrypted, from: "plugin", id: "zero" }],
  [0x20, { name: "Stream", flags: encrypted | more | endStream, from: "both", id: "either", large: true }],
  [0x21, { name: "Cancel", flags: encrypted, from: "both", id: "own" }],
  [0x22, { name: "Credit", flags: encrypted, from: "both", id: "either or zero" }],
  [0x23, { name: "Ack", flags: encrypted, from: "both", id: "zero" }],
]);
/** The one type that not every session has. */
const sealedRule: TypeRule = { name: "Sealed", flags: encrypted, from: "both", id: "zero" };
const sealedType = 0x24;
/** What a Sealed frame may have beyond its largest frame. */
const sealedExtra = 65_588;
/** Data frames, and no others, may be COMPRESSED. */
const compressible: ReadonlySet<string> = new Set(["Request", "Response", "Event", "Stream"]);
/** Only these may be handed off, and only where not everything is sealed. */
const handedOff: ReadonlySet<string> = new Set(["Request", "Response", "Stream"]);

const big = (value: number | bigint, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Number((BigInt(value) >> BigInt(8 * (count - 1 - i))) & 0xffn));

function read(bytes: Uint8Array, offset: number, count: number): bigint {
  let value = 0n;
  for (let i = 0; i < count; i++) value = (value << 8n) | BigInt(bytes[offset + i]!);
  return value;
}

/** The bytes of a frame; `faults` makes it a wrong one. */
export function encodeFrameTwin(frame: TwinFrame, faults: TwinFaults = {}): Uint8Array {
  const head = [
    ...big(faults.version ?? 1, 1),
    ...big(frame.type, 1),
    ...big(frame.flags, 2),
    ...big(faults.reserved ?? 0, 4),
    ...big(frame.messageId, 8),
    ...big(frame.sessionId, 8),
    ...big(frame.timestamp, 8),
    ...big(faults.length ?? frame.payload.length, 4),
  ];
  const covered = Uint8Array.from([...head, ...frame.payload]);
  return Uint8Array.from([...covered, ...big(xxh64Twin(covered) ^ (faults.checksumXor ?? 0n), checksumBytes)]);
}

function checkFlags(type: number, flags: number, at: TwinReceiver, inside: boolean): TypeRule {
  if ((flags & 0x80) !== 0) throw new TwinError("BAD_FLAGS");
  const rule = type === sealedType && at.everything === true && !inside ? sealedRule : twinTypes.get(type);
  // Sealed among them where everything is not sealed.
  if (rule === undefined) throw new TwinError("BAD_TYPE");
  if ((flags & handoff) !== 0) {
    const whole = (flags & (more | encrypted | compressed)) === 0;
    if (at.handoff !== true || !handedOff.has(rule.name) || !whole) throw new TwinError("BAD_FLAGS");
  }
  if ((flags & compressed) !== 0) {
    if (at.lz4 !== true || !compressible.has(rule.name) || (flags & encrypted) !== 0) throw new TwinError("BAD_FLAGS");
  }
  if (inside && (flags & encrypted) !== 0) throw new TwinError("BAD_FLAGS");
  if (rule.name === "Sealed" && (flags & encrypted) === 0) throw new TwinError("BAD_FLAGS");
  if ((flags & 0xff & ~compressed & ~handoff & ~rule.flags) !== 0) throw new TwinError("BAD_FLAGS");
  const ending = flags & (more | endStream);
  if (ending === (more | endStream)) throw new TwinError("BAD_FLAGS");
  if (rule.name === "Response" && ending === 0) throw new TwinError("BAD_FLAGS");
  if (rule.name === "Error" && ending === 0) throw new TwinError("BAD_FLAGS");
  return rule;
}

function checkPhase(name: string, from: string, at: TwinReceiver): void {
  if (name === "Error") return;
  const welcome =
    at.phase === "OPEN"
      ? from === "both" || (from === "plugin" && at.side === "daemon")
      : at.side === "daemon"
        ? (name === "Handshake" && (at.phase === "NEW" || at.phase === "MSG2")) ||
          (name === "PluginRegister" && at.phase === "REGISTERING")
        : (name === "Handshake" && at.phase === "MSG1") || (name === "Response" && at.phase === "REGISTERING");
  if (!welcome) throw new TwinError("BAD_PHASE");
}

function checkSession(name: string, sessionId: bigint, messageId: bigint, at: TwinReceiver): void {
  if (name === "Error" && messageId === 0n && sessionId === 0n) return;
  const assigns = at.phase === "REGISTERING" && name === "Response";
  const lawful = assigns ? ((sessionId >> 12n) & 0xfn) === 8n : sessionId === at.sessionId;
  if (!lawful) throw new TwinError("BAD_SESSION");
}

function checkId(rule: TypeRule, id: bigint, at: TwinReceiver): void {
  const bad = new TwinError("BAD_MESSAGE_ID");
  if (id > maxMessageId) throw bad;
  if (id === 0n) {
    if (!rule.id.endsWith("zero")) throw bad;
    if (rule.name === "Response" && at.phase !== "REGISTERING") throw bad;
    return;
  }
  if (rule.id === "zero" || at.phase !== "OPEN") throw bad;
  const oddIsPlugin = id % 2n === 1n ? "plugin" : "daemon";
  const openedByReceiver = oddIsPlugin === at.side;
  if ((rule.id === "opens" || rule.id === "own") && openedByReceiver) throw bad;
  if (rule.id === "peer or zero" && !openedByReceiver) throw bad;
  if (rule.id === "opens" && !rule.large && id <= at.highestPeer) throw bad;
  if (rule.id !== "opens" && id > (openedByReceiver ? at.highestOwn : at.highestPeer)) throw bad;
}

/**
 * Reads the frame that `bytes` begin with, as `at` would. Returns undefined when more bytes are needed; what follows the
 * frame is left alone.
 *
 * @throws TwinError with the reason of the first check that fails.
 */
export function decodeFrameTwin(
  bytes: Uint8Array,
  at: TwinReceiver,
): { readonly frame: TwinFrame; readonly size: number } | undefined {
  return decode(bytes, at, false);
}

/**
 * Reads the run of frames in an opened Sealed frame.
 *
 * @throws TwinError with the reason of the first check that fails.
 */
export function decodeRunTwin(plaintext: Uint8Array, at: TwinReceiver): TwinFrame[] {
  const frames: TwinFrame[] = [];
  let rest = plaintext;
  do {
    const decoded = decode(rest, at, true);
    if (decoded === undefined) throw new TwinError("BAD_ENVELOPE");
    frames.push(decoded.frame);
    rest = rest.subarray(decoded.size);
  } while (rest.length > 0);
  return frames;
}

function decode(
  bytes: Uint8Array,
  at: TwinReceiver,
  inside: boolean,
): { readonly frame: TwinFrame; readonly size: number } | undefined {
  if (bytes.length < 1) return undefined;
  if (inside && bytes.length < headerBytes) return undefined;
  if (bytes[0] !== 1) throw new TwinError("BAD_VERSION");
  if (bytes.length < headerBytes) return undefined;
  if (read(bytes, 4, 4) !== 0n) throw new TwinError("BAD_RESERVED");
  const type = bytes[1]!;
  const flags = Number(read(bytes, 2, 2));
  const rule = checkFlags(type, flags, at, inside);
  const byItself = at.everything === true && at.phase === "OPEN" && !inside && rule.name !== "Sealed";
  if (byItself && rule.name !== "Error") throw new TwinError("SEAL_REQUIRED");
  checkPhase(rule.name, rule.from, at);
  const length = Number(read(bytes, 32, 4));
  let limit = at.phase === "OPEN" && rule.large ? at.maxFrameBytes : 65_536;
  if (rule.name === "Sealed") limit = at.maxFrameBytes + sealedExtra;
  if (length > limit) throw new TwinError("FRAME_TOO_LARGE");
  const size = headerBytes + length + (inside ? 0 : checksumBytes);
  if (bytes.length < size) return undefined;
  const covered = bytes.subarray(0, headerBytes + length);
  if (!inside && read(bytes, headerBytes + length, checksumBytes) !== xxh64Twin(covered)) {
    throw new TwinError("BAD_CHECKSUM");
  }
  const messageId = read(bytes, 8, 8);
  const sessionId = read(bytes, 16, 8);
  checkSession(rule.name, sessionId, messageId, at);
  checkId(rule, messageId, at);
  if (byItself && messageId !== 0n) throw new TwinError("SEAL_REQUIRED");
  if (at.phase === "REGISTERING" && rule.large && (flags & encrypted) === 0) throw new TwinError("SEAL_REQUIRED");
  const frame = {
    type,
    flags,
    messageId,
    sessionId,
    timestamp: read(bytes, 24, 8),
    payload: bytes.slice(headerBytes, headerBytes + length),
  };
  return { frame, size };
}
