import type { Clock } from "../clock/clock.js";
import type { DhKeyPair } from "../crypto/cipher-suite.js";
import type { LogSink } from "../observe/log.js";
import type { AnswerSpace } from "../rpc/cache/answer-space.js";
import type { Interceptor } from "../rpc/interceptor.js";
import type { ValidationOptions } from "../rpc/peer.js";
import type { Registry } from "../rpc/registry.js";
import type { CompressionPolicy } from "../session/compression.js";
import type { Encryption } from "../session/encryption.js";
import type { ResolvedHandoff } from "../session/handoff/options.js";
import type { SessionLimits } from "../session/limits.js";
import type { Authority } from "./authority.js";
import type { Listening } from "./listening.js";
import type { PeerCheck } from "./peer-check.js";
import type { TokenIssuer } from "./token.js";
import type { TokenVerifier } from "./token-verifier.js";

/** What the parts of one daemon share. */
export interface DaemonCore {
  readonly clock: Clock;
  readonly log: LogSink;
  readonly authority: Authority;
  readonly issuer: TokenIssuer;
  readonly verifier: TokenVerifier;
  /** The daemon's Noise key, made for this run. */
  readonly staticKey: DhKeyPair;
  readonly listening: Listening;
  /** Looks at who connects; undefined where plugins do not connect over local sockets. */
  readonly peerCheck: PeerCheck | undefined;
  readonly registry: Registry;
  readonly limits: SessionLimits;
  /** The least that sessions seal. */
  readonly encryption: Encryption;
  readonly compression: CompressionPolicy;
  /** Connections that a session may have. */
  readonly connections: number;
  /** How long a session without connections waits for one, in milliseconds; 0 when it does not. */
  readonly resumeTimeoutMs: number;
  /** What goes through shared memory; `off` where there is none. */
  readonly handoff: ResolvedHandoff;
  readonly interceptors: readonly Interceptor[];
  readonly validation: ValidationOptions;
  /** Answers of plugins that may be served again. */
  readonly answerSpace: AnswerSpace;
  /** Bounds the connections that have not registered. */
  readonly pending: PendingBudget;
}

/** Counts connections that nobody has vouched for yet. */
export class PendingBudget {
  readonly max: number;
  #count = 0;

  constructor(max: number) {
    this.max = max;
  }

  /** Takes a place; false when none is free. */
  take(): boolean {
    if (this.#count >= this.max) return false;
    this.#count++;
    return true;
  }

  /** Gives a place back. */
  free(): void {
    this.#count--;
  }
}
