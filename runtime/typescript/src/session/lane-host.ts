import type { Clock } from "../clock/clock.js";
import type { CrucibleError } from "../error/index.js";
import type { Shrinker } from "./compression.js";
import type { ControlHandler } from "./controls.js";
import type { Events } from "./events.js";
import type { Handoff } from "./handoff/handoff.js";
import type { Acceptor } from "./incoming-calls.js";
import type { SessionLimits } from "./limits.js";
import type { Link } from "./link.js";
import type { Shared } from "./shared.js";

/** What a connection, a `Lane`, tells the session that it belongs to. */
export interface LaneHost<Lane> {
  readonly events: Events;
  /**
   * The connection has ended for `cause`: no more calls come to it. Returns what its live calls are told, of which the
   * handler may have started or not.
   */
  onEnding(lane: Lane, cause: CrucibleError): (started: boolean) => CrucibleError;
  /** It has ended, and its calls have been told. */
  onEnded(): void;
  /** The peer takes no more calls: in the session, or by this connection alone. */
  onPeerShutdown(reason: string, refusal: CrucibleError, connectionOnly: boolean): void;
  /** A call moves much. Returns the connection by which one that begins now should travel. */
  onLarge(lane: Lane): Lane;
}

export interface LaneOptions<Lane> {
  readonly host: LaneHost<Lane>;
  readonly link: Link;
  readonly clock: Clock;
  /** Which side this is: plugins draw odd message ids, daemons even ones. */
  readonly side: "plugin" | "daemon";
  /** What this side takes. */
  readonly limits: SessionLimits;
  /** What the peer takes, in bytes of a message. */
  readonly peerMaxMessageBytes: number;
  readonly shared: Shared;
  /** What hands large bodies off; only the first connection of a session may. */
  readonly handoff: Handoff | undefined;
  readonly acceptor: Acceptor;
  /** Answers control requests. */
  readonly controls: ControlHandler;
  /** Compresses events; undefined for none. */
  readonly eventShrinker: Shrinker | undefined;
  /** The highest id that the peer has opened on connections that this one takes the place of; 0 for none. */
  readonly highestOfPeer: number;
}
