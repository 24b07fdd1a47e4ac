/**
 * The frame, version 1. All integers are big-endian. The normative text is proto/PROTOCOL.md, "Frame".
 *
 *   0  version   1      8  message id      8     32  payload length  4
 *   1  type      1     16  session id      8     36  payload         n
 *   2  flags     2     24  timestamp (ns)  8   36+n  XXH64           8
 *   4  reserved  4
 */
export const protocolVersion = 1;

export const offsetVersion = 0;
export const offsetType = 1;
export const offsetFlags = 2;
export const offsetReserved = 4;
export const offsetMessageId = 8;
export const offsetSessionId = 16;
export const offsetTimestamp = 24;
export const offsetLength = 32;
/** Bytes before the payload. */
export const headerBytes = 36;
/** Bytes after the payload. */
export const checksumBytes = 8;
/** What a frame costs beside its payload. */
export const overheadBytes = 44;

/** Type of a frame. 0 is reserved and never sent. */
export const FrameType = {
  /** One of the three Noise messages that open a connection. */
  Handshake: 0x01,
  /** Asks whether the peer is alive; answered by a Response. */
  Heartbeat: 0x02,
  /** Opens a call. */
  Request: 0x03,
  /** Ends a call well, or answers a control request. */
  Response: 0x04,
  /** A notification; belongs to no call. */
  Event: 0x05,
  /** Ends a call badly; with message id 0, the connection. */
  Error: 0x06,
  /** The sender opens no more calls and takes none. */
  Shutdown: 0x07,
  /** Says what a plugin hosts; the first frame after the handshake. */
  PluginRegister: 0x10,
  /** Withdraws services. */
  PluginUnregister: 0x11,
  /** Asks which capabilities are granted. */
  CapabilityQuery: 0x12,
  /** Asks for a higher limit. */
  ResourceRequest: 0x13,
  /** Asks how the peer is. */
  HealthCheck: 0x14,
  /** Figures of the sender. Not answered. */
  MetricsReport: 0x15,
  /** One message of a stream. */
  Stream: 0x20,
  /** The opener no longer wants the answer. */
  Cancel: 0x21,
  /** Grants more bytes of a call. */
  Credit: 0x22,
  /** The handler of these events has succeeded. */
  Ack: 0x23,
  /** A run of frames, sealed as one. */
  Sealed: 0x24,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** Flags. The low byte is critical: an unknown bit there ends the connection. The high byte may be ignored. */
export const Flag = {
  /** The payload is a u32 of its uncompressed length and an LZ4 block. */
  Compressed: 0x0001,
  /** The payload is sealed by AES-256-GCM. */
  Encrypted: 0x0002,
  /** Another fragment of the same message follows. */
  More: 0x0004,
  /** The sender's last message of this call. */
  EndStream: 0x0008,
  /** The body lies in shared memory. */
  Handoff: 0x0010,
  /** The call or event was sent before under another id. */
  Retry: 0x0020,
  /** The event wants an Ack. */
  AckRequired: 0x0040,
  /** Priority 0 (default) to 3 (highest). */
  Priority: 0x0300,
} as const;
/** Shift of the priority bits. */
export const priorityShift = 8;
/** The priority that flags say. */
export function priorityOf(flags: number): 0 | 1 | 2 | 3 {
  return ((flags & Flag.Priority) >>> priorityShift) as 0 | 1 | 2 | 3;
}
