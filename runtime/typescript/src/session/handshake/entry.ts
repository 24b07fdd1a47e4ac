import type { Intent } from "../../gen/crucible/ipc/v1/handshake_codec.js";

/** The feature that lets a session have several connections. */
export const joinFeature = "join";
/** The feature that lets a session outlive its connections. */
export const resumeFeature = "resume";
/** Of the ticket of a session. */
export const sessionTicketBytes = 32;

/** What a plugin shows in place of a token to enter a session that it has. */
export interface SessionEntry {
  readonly intent: typeof Intent.JOIN | typeof Intent.RESUME;
  /** 32 bytes, from the answer to the registration of the session. */
  readonly sessionTicket: Uint8Array;
}
