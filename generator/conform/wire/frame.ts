// Frames as PROTOCOL.md §4 has them. The writer writes whatever it is told, unlawful frames too.
import { xxh64 } from "./xxh64.js";

/** Types of frames. */
export const FrameType = {
  Handshake: 0x01,
  Heartbeat: 0x02,
  Request: 0x03,
  Response: 0x04,
  Event: 0x05,
  Error: 0x06,
  Shutdown: 0x07,
  PluginRegister: 0x10,
  HealthCheck: 0x14,
  Stream: 0x20,
  Cancel: 0x21,
  Credit: 0x22,
} as const;

/** Flags of frames. */
export const Flag = { Encrypted: 2, More: 4, EndStream: 8, Retry: 0x20, AckRequired: 0x40, Critical: 0x80 } as const;

/** Bytes before the payload, and with the checksum behind it. */
export const headerBytes = 36;
export const overheadBytes = 44;
/** The initial window of each direction of a call. */
export const windowBytes = 65_536;
/** The largest payload of a fragment. */
export const fragmentBytes: number = windowBytes - overheadBytes;

/** One frame. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly session: bigint;
  /** As it came; plain once it was opened. */
  readonly payload: Buffer;
}

/** What of a frame may be said otherwise than lawful. */
export interface FrameFaults {
  readonly version?: number;
  readonly reserved?: number;
  /** Payload length as the header says it. */
  readonly length?: number;
  readonly checksum?: bigint;
}

/** The 36 bytes in front of a payload of that length. */
export function encodeHeader(frame: Omit<Frame, "payload">, length: number, faults: FrameFaults = {}): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(faults.version ?? 1, 0);
  header.writeUInt8(frame.type, 1);
  header.writeUInt16BE(frame.flags, 2);
  header.writeUInt32BE(faults.reserved ?? 0, 4);
  header.writeBigUInt64BE(BigInt(frame.id), 8);
  header.writeBigUInt64BE(frame.session, 16);
  header.writeUInt32BE(faults.length ?? length, 32);
  return header;
}

/** A header and its payload as they are sent. */
export function finishFrame(header: Buffer, payload: Buffer, faults: FrameFaults = {}): Buffer {
  const body = Buffer.concat([header, payload]);
  const checksum = Buffer.alloc(8);
  checksum.writeBigUInt64BE(faults.checksum ?? xxh64(body));
  return Buffer.concat([body, checksum]);
}

/** A frame that arrived, with its header for the cipher. */
export interface ReceivedFrame extends Frame {
  readonly header: Buffer;
}

/** Takes a stream of bytes apart into frames. */
export class FrameSplitter {
  #pending: Buffer = Buffer.alloc(0);

  /**
   * The frames that end within the next bytes.
   *
   * @throws Error naming the rule that the peer has broken.
   */
  push(chunk: Buffer): ReceivedFrame[] {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const frames: ReceivedFrame[] = [];
    while (this.#pending.length >= headerBytes) {
      const bytes = this.#pending;
      if (bytes.readUInt8(0) !== 1) throw new Error(`BAD_VERSION: it sent a frame of version ${bytes.readUInt8(0)}`);
      if (bytes.readUInt32BE(4) !== 0) throw new Error("BAD_RESERVED: it sent a frame whose reserved bytes are not 0");
      const length = bytes.readUInt32BE(32);
      if (length > 1_048_576) throw new Error(`FRAME_TOO_LARGE: it sent a frame of ${length} bytes`);
      const end = headerBytes + length;
      if (bytes.length < end + 8) break;
      if (bytes.readBigUInt64BE(end) !== xxh64(bytes.subarray(0, end))) {
        throw new Error("BAD_CHECKSUM: it sent a frame whose checksum differs");
      }
      frames.push({
        type: bytes.readUInt8(1),
        flags: bytes.readUInt16BE(2),
        id: Number(bytes.readBigUInt64BE(8)),
        session: bytes.readBigUInt64BE(16),
        payload: bytes.subarray(headerBytes, end),
        header: bytes.subarray(0, headerBytes),
      });
      this.#pending = bytes.subarray(end + 8);
    }
    return frames;
  }
}
