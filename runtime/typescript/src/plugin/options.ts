import type { LogSink } from "../observe/log.js";
import type { Interceptor } from "../rpc/interceptor.js";
import type { ValidationOptions } from "../rpc/peer.js";
import type { ServiceImplementation } from "../rpc/service.js";
import type { CompressionPolicy } from "../session/compression.js";
import type { Encryption } from "../session/encryption.js";
import type { HandoffOptions } from "../session/handoff/options.js";
import type { SessionLimits } from "../session/limits.js";

/** What a plugin is made of. */
export interface ServeOptions {
  /** The services that the daemon may call. */
  readonly services: readonly ServiceImplementation[];
  /** The capabilities it needs; it gets those of them that its launch allows. Default: all that its launch allows. */
  readonly capabilities?: readonly string[];
  /** Version of the plugin, semver; the daemon shows it. Default: none. */
  readonly version?: string;
  /** Around every call, both ways, the first outermost. Default: none. */
  readonly interceptors?: readonly Interceptor[];
  /** What the session takes; what the daemon announces wins. Default: `defaultLimits`; the ranges are in PROTOCOL.md. */
  readonly limits?: Partial<SessionLimits>;
  /**
   * The least that the session has to seal: without it the plugin does not register. Default: what the daemon demands,
   * and what the connection needs.
   */
  readonly encryption?: Encryption;
  /** What the plugin compresses of what it sends; as in DaemonOptions. Default: `auto`. */
  readonly compression?: CompressionPolicy;
  /** What goes through memory that the daemon shares with the plugin; see HandoffOptions. */
  readonly handoff?: HandoffOptions;
  /** Where messages are checked against their schema. Default: as they arrive, and responses before they leave. */
  readonly validation?: ValidationOptions;
  /**
   * What kept answers of the daemon may take together, in bytes: 0 to 2^53-1. With 0 no method is cached, whatever its schema
   * says. Default: 67,108,864.
   */
  readonly cacheBytes?: number;
  /**
   * The most connections that the plugin opens: 1 to 16, and no more than the daemon allows. See DaemonOptions. Default: as
   * many as the daemon allows.
   */
  readonly connections?: number;
  /**
   * How long a connection beside the first may have no call before it is closed, in milliseconds: 1,000 to 3,600,000. A short
   * time saves descriptors, a long one handshakes. Default: 30,000.
   */
  readonly idleConnectionMs?: number;
  /** Takes what is worth knowing. Default: warnings and errors as lines on stderr, which the daemon logs. */
  readonly onLog?: LogSink;
  /**
   * Whether the process ends with its session, and when serve fails. False for programs that end themselves: `serve` then
   * rejects, `closed` tells, and it is theirs to leave no orphan. Default: true.
   */
  readonly exitProcess?: boolean;
}

/** How to end in order. */
export interface CloseOptions {
  /** How long calls in flight may still take, in milliseconds: 0 to 3,600,000. Default: 5,000. */
  readonly graceMs?: number;
}
