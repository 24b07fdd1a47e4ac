import type { Clock } from "../../clock/clock.js";
import type { CrucibleError } from "../../error/index.js";
import type { ControlHandler } from "../controls.js";
import type { HandoffSetup } from "../handoff/handoff.js";
import type { Acceptor } from "../incoming-calls.js";
import type { SessionLimits } from "../limits.js";
import type { Link } from "../link.js";

/** Told what becomes of a session; whatever it is not told of, nobody waits for. */
export interface SessionListener {
  /** The session has ended; every call has been told before. Called once, last. */
  onClosed(error: CrucibleError): void;
  /** The peer opens no more calls and takes none; called once. */
  onDraining?(reason: string): void;
  /** A connection was lost, or ends in order. `left` others take calls; with none, calls fail until there is one again. */
  onConnectionEnding?(error: CrucibleError, left: number): void;
  /** A call moves much: another connection would keep the small ones from waiting for it. */
  onLarge?(): void;
}

/** How a `Session` is made. */
export interface SessionOptions<Session> extends SessionListener {
  /** Its first connection. */
  readonly link: Link;
  readonly clock: Clock;
  /** Which side this is: plugins draw odd message ids, daemons even ones. */
  readonly side: "plugin" | "daemon";
  /** What this side takes. */
  readonly limits: SessionLimits;
  /** What the peer takes. */
  readonly peer: { readonly maxMessageBytes: number; readonly maxCalls: number };
  /** The memory that both sides share; closed with the session, and at once where its first connection has not agreed on it. */
  readonly handoff?: HandoffSetup | undefined;
  /** Makes who answers; called once, before the first frame. */
  readonly acceptor: (session: Session) => Acceptor;
  /** Answers control requests. */
  readonly controls: ControlHandler;
  /** Whether the session outlives the loss of its last connection, until somebody resumes or aborts it. Default: false. */
  readonly resumable?: boolean;
}
