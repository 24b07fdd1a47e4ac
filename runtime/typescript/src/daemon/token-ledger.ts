import { type Clock, systemClock } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";

export interface TokenLedgerOptions {
  /** Tokens remembered at once; further ones are refused until some expire. Default: 4,096. */
  readonly maxTokens?: number;
  /** Default: the platform's. */
  readonly clock?: Clock;
}

interface Entry {
  readonly keyThumbprint: string;
  readonly forgetMs: number;
  settled: boolean;
}

/**
 * Which tokens have been used. A token belongs to one session: the key that has claimed it may do so again, since a
 * connection may break while it is set up, until the session is settled. Then nobody may.
 */
export class TokenLedger {
  readonly #entries = new Map<string, Entry>();
  readonly #maxTokens: number;
  readonly #clock: Clock;

  constructor(options: TokenLedgerOptions = {}) {
    this.#maxTokens = options.maxTokens ?? 4096;
    this.#clock = options.clock ?? systemClock;
  }

  /** Tokens remembered now. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Uses a token whose signature and claims are good.
   *
   * @param jti the token's id, unique to its issuer.
   * @param keyThumbprint of the static key that presents it.
   * @param forgetMs Unix milliseconds from which on the token is refused as expired.
   * @throws CrucibleError TOKEN_REPLAYED, or TOO_MANY_CONNECTIONS when no more tokens can be remembered.
   */
  claim(jti: string, keyThumbprint: string, forgetMs: number): void {
    const entry = this.#entries.get(jti);
    if (entry !== undefined) {
      if (entry.settled || entry.keyThumbprint !== keyThumbprint) throw replayed();
      return;
    }
    if (this.#entries.size >= this.#maxTokens) this.#forgetExpired();
    if (this.#entries.size >= this.#maxTokens) {
      const text = `${this.#maxTokens} tokens are in use already: try again when some have expired`;
      throw new CrucibleError("TOO_MANY_CONNECTIONS", text);
    }
    this.#entries.set(jti, { keyThumbprint, forgetMs, settled: false });
  }

  /**
   * Closes a token: its session works. Call it once for each session, before anything is dispatched.
   *
   * @throws CrucibleError TOKEN_REPLAYED when another connection with the same token was first, or the token was never
   * claimed: the caller's connection has to end.
   */
  settle(jti: string): void {
    const entry = this.#entries.get(jti);
    if (entry === undefined || entry.settled) throw replayed();
    entry.settled = true;
  }

  #forgetExpired(): void {
    const now = this.#clock.unixMs();
    for (const [jti, entry] of this.#entries) if (now >= entry.forgetMs) this.#entries.delete(jti);
  }
}

function replayed(): CrucibleError {
  return new CrucibleError("TOKEN_REPLAYED", "the token has been used already: let the daemon launch the plugin again");
}
