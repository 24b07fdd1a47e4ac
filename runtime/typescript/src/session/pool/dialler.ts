import type { Link } from "../link.js";

/**
 * How the side that dials gets further connections of a session that it has opened.
 *
 * - `enter` dials, proves by the ticket of the session and the key of its first handshake who this is, and hands the
 *   connection to `take` once it is open: at once, since frames of the session may lie behind the answer already. It
 *   resolves then. `join` asks for one more connection, `resume` for one in place of all others.
 * - It rejects with what ended the connection; `take` was not called then, or what it threw is what ended it. SESSION_UNKNOWN
 *   says that there is nothing left to enter, TOO_MANY_CONNECTIONS that it may be tried later.
 * - Each call is an attempt of its own; nothing is tried twice in it. Calls may overlap.
 */
export interface Dialler {
  /** Both sides have agreed that a session may have several connections. */
  readonly joins: boolean;
  /** Both sides have agreed that a session outlives its connections. */
  readonly resumes: boolean;
  enter(as: "join" | "resume", take: (link: Link) => void): Promise<void>;
}
