import { readUint32 } from "../bytes/big-endian.js";
import { CrucibleError } from "../error/index.js";
import { FrameType, offsetMessageId, offsetSessionId, offsetType } from "../frame/frame.js";

/** The session id that the answer to a registration assigns; zeros until it has come. */
export interface Assignment {
  hi: number;
  lo: number;
}

/**
 * Checks the session id of a frame that is not ours, or while one may be assigned: another is lawful in an Error of a peer
 * that has none, and in the answer that assigns it, which is noted in `assignment`. `ours` is for the error. Throws
 * BAD_SESSION.
 */
export function checkSession(bytes: Uint8Array, start: number, assignment: Assignment | undefined, ours: string): void {
  const type = bytes[start + offsetType]!;
  const hi = readUint32(bytes, start + offsetSessionId);
  const lo = readUint32(bytes, start + offsetSessionId + 4);
  if (type === FrameType.Error && hi === 0 && lo === 0 && isZeroId(bytes, start)) return;
  if (assignment !== undefined && type === FrameType.Response) {
    // Byte 6 of a session id has high nibble 8: it is half of a version-8 UUID. Each fragment names the same.
    const same = assignment.lo === 0 || (lo === assignment.lo && hi === assignment.hi);
    if (((lo >>> 12) & 0xf) === 8 && same) {
      assignment.hi = hi;
      assignment.lo = lo;
      return;
    }
  }
  throw new CrucibleError("BAD_SESSION", `frame names another session than ${ours}`);
}

function isZeroId(bytes: Uint8Array, start: number): boolean {
  return readUint32(bytes, start + offsetMessageId) === 0 && readUint32(bytes, start + offsetMessageId + 4) === 0;
}
