import { readUint32 } from "../bytes/big-endian.js";
import { CrucibleError } from "../error/index.js";
import { offsetFlags, offsetLength, offsetReserved, offsetType, offsetVersion, protocolVersion } from "./frame.js";
import { checkTypeAndFlags, type FlagTable } from "./rules.js";

/** Who is told about frames. What it throws passes through and ends the connection. */
export interface FrameSink {
  /**
   * A lawful header has arrived; its payload perhaps not. Returns how many bytes of payload are allowed, or throws when
   * the frame is not welcome now.
   */
  onHeader(type: number, flags: number): number;
  /** A whole frame, verified: its header at `start`, its payload from there + 36 to `end`. */
  onFrame(bytes: Uint8Array, start: number, end: number): void;
}

/** Checks the 36 bytes of a header in the order of the protocol. Throws the reason of the first check that fails. */
export function checkHeader(bytes: Uint8Array, offset: number, table: FlagTable, sink: FrameSink): void {
  const version = bytes[offset + offsetVersion]!;
  if (version !== protocolVersion) {
    throw new CrucibleError("BAD_VERSION", `frame has version ${version}; this side speaks version ${protocolVersion}`);
  }
  if (readUint32(bytes, offset + offsetReserved) !== 0) {
    throw new CrucibleError("BAD_RESERVED", "frame has non-zero reserved bytes; send zeros in version 1");
  }
  const type = bytes[offset + offsetType]!;
  const flags = (bytes[offset + offsetFlags]! << 8) | bytes[offset + offsetFlags + 1]!;
  checkTypeAndFlags(type, flags, table);
  const most = sink.onHeader(type, flags);
  const length = readUint32(bytes, offset + offsetLength);
  if (length > most) {
    throw new CrucibleError(
      "FRAME_TOO_LARGE",
      `frame announces ${length} bytes of payload, ${most} are allowed; send it in fragments`,
    );
  }
}
