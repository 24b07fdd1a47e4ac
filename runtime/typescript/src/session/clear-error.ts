import { CrucibleError } from "../error/index.js";

/** Reasons that may be told in clear, to a peer that is not known yet; any other becomes HANDSHAKE_FAILED. */
const clearReasons: ReadonlySet<string> = new Set([
  "BAD_VERSION",
  "BAD_RESERVED",
  "BAD_FLAGS",
  "BAD_TYPE",
  "BAD_PHASE",
  "BAD_CHECKSUM",
  "BAD_SESSION",
  "BAD_MESSAGE_ID",
  "FRAME_TOO_LARGE",
  "FRAME_TIMEOUT",
  "HANDSHAKE_FAILED",
  "HANDSHAKE_TIMEOUT",
  "VERSION_MISMATCH",
  "DOWNGRADE",
  "REFLECTION",
  "DAEMON_IDENTITY",
  "IDENTITY_MISMATCH",
  "TOO_MANY_CONNECTIONS",
  "SHUTTING_DOWN",
  "SEAL_REQUIRED",
]);

/** What of an error a peer may be told that nobody has vouched for. */
export function clearError(error: CrucibleError): CrucibleError {
  if (clearReasons.has(error.reason)) return new CrucibleError(error.reason, error.message);
  return new CrucibleError("HANDSHAKE_FAILED", "the handshake was refused; the log of the other side says why");
}

/** An error that came in clear: the claim of somebody who is not known, shown as that; it makes nobody try again. */
export function unverified(peer: string, error: CrucibleError): CrucibleError {
  return new CrucibleError(error.reason, `${peer} refused the connection (unverified): ${error.message}`, {
    category: error.category,
    code: error.code,
  });
}
