import type { Clock, Stop } from "../../clock/clock.js";
import { CrucibleError, type Reason } from "../../error/index.js";
import { shutDown } from "../draining.js";
import type { Lane } from "../lane.js";
import type { Link } from "../link.js";
import { backoffMs } from "./backoff.js";
import type { Dialler } from "./dialler.js";
import type { Session } from "./session.js";

export interface KeeperOptions {
  readonly session: Session;
  readonly dialler: Dialler;
  readonly clock: Clock;
  /** From 0 to below 1, for the times at which something is tried. */
  readonly random: () => number;
  /** The most connections, beside those that are being closed: 1 and more. */
  readonly connections: number;
  /** How long a further connection may have no call before it is closed, in milliseconds. */
  readonly idleMs: number;
  /** How long a lost session is tried to be resumed, in milliseconds; Infinity while it makes sense. */
  readonly giveUpMs: number;
  /** The session has no connection, or has one again. Default: nobody is told. */
  readonly onConnected?: (connected: boolean) => void;
}

/** How old a connection gets, in milliseconds: its keys should not last longer. */
export const connectionLifeMs = 86_400_000;
/** How long calls may go on by a connection that has been replaced, in milliseconds. */
export const replacedGraceMs = 3_600_000;
/** The same for one that was idle: calls to it may be on their way. */
const idleGraceMs = 5_000;
/** After an attempt in vain to have one more, none is made for so long. */
const pauseMs = 5_000;

/** What another attempt may put right. */
const passing: ReadonlySet<string> = new Set<Reason>([
  "CONNECT_FAILED",
  "TOO_MANY_CONNECTIONS",
  "PEER_LOST",
  "HANDSHAKE_TIMEOUT",
  "FRAME_TIMEOUT",
]);

/**
 * Keeps a session in connections, on the side that dials. It opens further ones when calls move much, as far as it may,
 * and closes them when they are idle; replaces each before it is a day old; and resumes a session that has lost its last
 * one.
 *
 *   connected ──the last connection is lost──▶ resuming ──resumed──▶ connected
 *                                                └─refused, or given up──▶ the session is aborted
 */
export class Keeper {
  readonly #options: KeeperOptions;
  /** The attempt that is under way to have one more connection. */
  #joining: Promise<boolean> | undefined;
  #resuming = false;
  /** No further connection is tried before, on the monotonic clock. */
  #pausedUntilMs = -Infinity;
  #stopAge: Stop | undefined;
  #stopIdle: Stop | undefined;
  /** What each further connection had opened when it was looked at last. */
  readonly #opened: WeakMap<Lane, number> = new WeakMap();
  #closed = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#watchAge();
  }

  /** The session has lost a connection, or the peer ends one. */
  connectionEnding(error: CrucibleError): void {
    const { session, dialler } = this.#options;
    if (this.#closed || this.#joining !== undefined || session.ending || session.usable.length > 0) return;
    if (session.lanes.length === 0 && dialler.resumes) void this.#resume(error);
    else if (dialler.joins) void this.#join();
  }

  /** A call moves much. */
  large(): void {
    const { session, dialler, connections, clock } = this.#options;
    if (!dialler.joins || this.#joining !== undefined || session.usable.length >= connections) return;
    if (this.#closed || this.#resuming || session.ending || clock.monotonicMs() < this.#pausedUntilMs) return;
    void this.#join();
  }

  /** The session has ended: nothing more is tried. May be called twice. */
  close(): void {
    this.#closed = true;
    this.#stopAge?.();
    this.#stopIdle?.();
  }

  /** Whether there is one more; several who want it share one attempt. */
  #join(): Promise<boolean> {
    this.#joining ??= this.#tryJoin().then((joined) => {
      this.#joining = undefined;
      // What was lost meanwhile.
      this.connectionEnding(new CrucibleError("PEER_LOST", "the connection was lost while another was opened"));
      return joined;
    });
    return this.#joining;
  }

  async #tryJoin(): Promise<boolean> {
    const { session, dialler, clock } = this.#options;
    try {
      await dialler.enter("join", (link) => this.#take(link, () => session.attach(link)));
      if (this.#stopAge === undefined) this.#watchAge();
      this.#watchIdle();
      return true;
    } catch {
      this.#pausedUntilMs = clock.monotonicMs() + pauseMs;
      return false;
    }
  }

  async #resume(lost: CrucibleError): Promise<void> {
    if (this.#resuming) return;
    this.#resuming = true;
    const { session, dialler, clock, random, giveUpMs, onConnected } = this.#options;
    onConnected?.(false);
    const sinceMs = clock.monotonicMs();
    for (let attempt = 1; !this.#closed; attempt++) {
      try {
        await dialler.enter("resume", (link) => this.#take(link, () => session.resume(link)));
        this.#resuming = false;
        onConnected?.(true);
        this.#watchAge();
        // It may have been lost again before this was heard.
        if (session.lanes.length === 0) this.connectionEnding(lost);
        return;
      } catch (error) {
        const failure = CrucibleError.from(error, "CONNECT_FAILED");
        if (!passing.has(failure.reason) || clock.monotonicMs() - sinceMs >= giveUpMs) {
          this.#giveUp(lost, failure);
          return;
        }
      }
      await this.#pause(backoffMs(attempt, random()));
    }
  }

  /** A connection that comes too late goes without a word: an Error on it would end the session at the other side too. */
  #take(link: Link, attach: () => void): void {
    if (this.#options.session.ending) link.close(shutDown());
    else attach();
  }

  #giveUp(lost: CrucibleError, failure: CrucibleError): void {
    const text = `${lost.message}; resuming the session failed: ${failure.message}`;
    this.#options.session.abort(new CrucibleError("PEER_LOST", text, { cause: failure }));
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(ms, resolve);
    });
  }

  // ---- connections that get old

  #watchAge(): void {
    this.#stopAge?.();
    this.#stopAge = undefined;
    const { session, dialler, clock, random } = this.#options;
    // One that comes later is watched from then on.
    if (this.#closed || !dialler.joins || session.usable.length === 0) return;
    const oldestMs = Math.min(...session.usable.map(({ openedMs }) => openedMs));
    // Not all at once, where many were opened at once.
    const dueMs = oldestMs + connectionLifeMs * (1 - random() / 10);
    this.#stopAge = clock.after(Math.max(pauseMs, dueMs - clock.monotonicMs()), () => void this.#replace());
  }

  /** Replaces the eldest connection by a new one. */
  async #replace(): Promise<void> {
    const { session } = this.#options;
    const [eldest] = [...session.usable].toSorted((one, other) => one.openedMs - other.openedMs);
    if (eldest !== undefined && !session.ending && (await this.#join())) {
      void session.retire(eldest, replacedGraceMs, "REPLACED");
    }
    this.#watchAge();
  }

  // ---- connections that nobody uses

  #watchIdle(): void {
    if (this.#stopIdle !== undefined || this.#closed) return;
    const { session, clock, idleMs } = this.#options;
    this.#stopIdle = clock.after(idleMs, () => {
      this.#stopIdle = undefined;
      // The first one stays.
      for (const lane of session.usable.slice(1)) {
        if (lane.liveCalls === 0 && this.#opened.get(lane) === lane.opened) {
          void session.retire(lane, idleGraceMs, "IDLE");
        } else {
          this.#opened.set(lane, lane.opened);
        }
      }
      if (session.usable.length > 1) this.#watchIdle();
    });
  }
}
