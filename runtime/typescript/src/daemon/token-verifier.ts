import type { KeyObject } from "node:crypto";
import type { JWTPayload } from "jose";
import { type Clock, systemClock } from "../clock/clock.js";
import { isPluginId } from "../crypto/identity.js";
import { CrucibleError } from "../error/index.js";
import {
  clockSkewMs,
  maxTokenBytes,
  maxTokenLifetimeMs,
  tokenAlgorithm,
  tokenAudience,
  type TokenKind,
  tokenTypes,
} from "./token.js";
import type { TokenKey } from "./authority-state.js";
import type { TokenLedger } from "./token-ledger.js";
import { okpThumbprint } from "./token-thumbprint.js";

/** A key whose tokens are accepted. */
export interface TrustedKey {
  readonly kid: string;
  /** Ed25519. */
  readonly publicKey: KeyObject;
  /** The only `iss` that goes with this key. */
  readonly issuer: string;
  /** What it may issue: nobody but the daemon itself should issue `launch`. */
  readonly kinds: readonly TokenKind[];
}

export interface TokenVerifierOptions {
  readonly daemonId: string;
  /** Of the present run. */
  readonly bootId: string;
  readonly keys: readonly TrustedKey[];
  readonly ledger: TokenLedger;
  /** Default: the platform's. */
  readonly clock?: Clock;
}

/** Who presents a token. */
export interface TokenBearer {
  /** The Noise static key that the peer has proved to own, 32 bytes. */
  readonly staticKey: Uint8Array;
  /** The plugin that is expected here, such as the one whose socket was dialled; any when undefined. */
  readonly pluginId?: string | undefined;
}

/** What a good token says. */
export interface VerifiedToken {
  readonly pluginId: string;
  readonly kind: TokenKind;
  /** For `settle` once the session works. */
  readonly jti: string;
  readonly issuer: string;
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
}

/** Judges the tokens that plugins present in Noise message 3. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;
  readonly #keys: ReadonlyMap<string, TrustedKey>;
  readonly #clock: Clock;

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
    this.#keys = new Map(options.keys.map((key) => [key.kid, key]));
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Verifies a token and claims it for the bearer. In this order: form, signature, audience, times, subject, key, use.
   *
   * @throws CrucibleError TOKEN_INVALID, TOKEN_EXPIRED, IDENTITY_MISMATCH, TOKEN_REPLAYED or TOO_MANY_CONNECTIONS.
   */
  async verify(token: string, bearer: TokenBearer): Promise<VerifiedToken> {
    if (token.length === 0) throw invalid("none was presented");
    if (token.length > maxTokenBytes) throw invalid(`it is longer than ${maxTokenBytes} bytes`);
    const jose = await (loading ??= loadJose());
    const { kind, key } = this.#parseHeader(token, jose);
    const claims = await verifySignature(token, key, jose);
    this.#checkAudience(claims, kind, key);
    const expiresAtMs = this.#checkTimes(claims, kind);
    const pluginId = checkSubject(claims, bearer.pluginId);
    const thumbprint = checkKey(claims, bearer.staticKey);
    const { jti } = claims;
    if (typeof jti !== "string" || jti.length === 0 || jti.length > maxJtiLength) throw invalid("it has no proper jti");
    // Ids are unique to an issuer, so the issuer's key is a part of the name.
    const id = `${key.kid} ${jti}`;
    this.#options.ledger.claim(id, thumbprint, expiresAtMs + clockSkewMs);
    return { pluginId, kind, jti: id, issuer: key.issuer, expiresAtMs };
  }

  /** Closes the token of a session that works; see TokenLedger.settle. @throws CrucibleError TOKEN_REPLAYED. */
  settle(token: VerifiedToken): void {
    this.#options.ledger.settle(token.jti);
  }

  /** Before the signature: what says how to check it. Nothing but these three parameters is accepted. */
  #parseHeader(token: string, jose: Jose): { kind: TokenKind; key: TrustedKey } {
    let header: Record<string, unknown>;
    try {
      header = jose.decodeProtectedHeader(token);
    } catch (cause) {
      throw invalid("it is no JWT in compact form", cause);
    }
    if (header["alg"] !== tokenAlgorithm) throw invalid(`its alg is not ${tokenAlgorithm}`);
    const kind = (["launch", "plugin"] as const).find((each) => tokenTypes[each] === header["typ"]);
    if (kind === undefined) throw invalid(`its typ is neither ${tokenTypes.launch} nor ${tokenTypes.plugin}`);
    const key = typeof header["kid"] === "string" ? this.#keys.get(header["kid"]) : undefined;
    if (key === undefined) throw invalid("its kid names no configured key");
    if (!key.kinds.includes(kind)) throw invalid(`its key may not issue ${kind} tokens`);
    // jku, jwk, x5u, x5c and crit among others: a token never says where its key is or what else to understand.
    if (Object.keys(header).length !== 3) throw invalid("its header has more than alg, typ and kid");
    return { kind, key };
  }

  #checkAudience(claims: JWTPayload, kind: TokenKind, key: TrustedKey): void {
    const { daemonId, bootId } = this.#options;
    if (claims.iss !== key.issuer) throw invalid("its iss is not that of its key");
    if (claims.aud === tokenAudience(kind, daemonId, bootId)) return;
    throw invalid(
      kind === "launch" ? "it is for another run of this daemon, or another daemon" : "it is for another daemon",
    );
  }

  #checkTimes(claims: JWTPayload, kind: TokenKind): number {
    const { iat, exp, nbf } = claims;
    if (!isSeconds(iat) || !isSeconds(exp) || !(nbf === undefined || isSeconds(nbf))) {
      throw invalid("it lacks a proper iat, exp or nbf");
    }
    const now = this.#clock.unixMs();
    if (exp <= iat || (exp - iat) * 1000 > maxTokenLifetimeMs[kind]) {
      throw invalid(`it does not live between 0 and ${maxTokenLifetimeMs[kind] / 1000} s`);
    }
    if (now >= exp * 1000 + clockSkewMs) {
      const text = "the token has expired: start the plugin anew with a fresh one, and check that the clocks agree";
      throw new CrucibleError("TOKEN_EXPIRED", text);
    }
    if (Math.max(iat, nbf ?? 0) * 1000 > now + clockSkewMs)
      throw invalid("it is from the future: check that the clocks agree");
    return exp * 1000;
  }
}

type Jose = Pick<typeof import("jose"), "compactVerify" | "decodeProtectedHeader">;

let loading: Promise<Jose> | undefined;

/** The parts of jose that are needed here. */
async function loadJose(): Promise<Jose> {
  const [{ compactVerify }, { decodeProtectedHeader }] = await Promise.all([
    import("jose/jws/compact/verify"),
    import("jose/decode/protected_header"),
  ]);
  return { compactVerify, decodeProtectedHeader };
}

const maxJtiLength = 128;

async function verifySignature(token: string, key: TrustedKey, jose: Jose): Promise<JWTPayload> {
  try {
    // Claims are judged by us, with our clock and our errors; payload errors of jose mean that it is no JSON object.
    const { payload } = await jose.compactVerify(token, key.publicKey, { algorithms: [tokenAlgorithm] });
    const claims: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
    if (typeof claims === "object" && claims !== null && !Array.isArray(claims)) return claims as JWTPayload;
  } catch (cause) {
    throw invalid("its signature or payload is false", cause);
  }
  throw invalid("its payload is no object");
}

function checkSubject(claims: JWTPayload, expected: string | undefined): string {
  const { sub } = claims;
  if (typeof sub !== "string" || !isPluginId(sub)) throw invalid("its sub is no plugin id");
  if (expected === undefined || sub === expected) return sub;
  const text = `the token is plugin ${sub}'s, and ${expected} is expected here: give each plugin its own ticket and socket`;
  throw new CrucibleError("IDENTITY_MISMATCH", text);
}

function checkKey(claims: JWTPayload, staticKey: Uint8Array): string {
  const thumbprint = okpThumbprint("X25519", staticKey);
  const { cnf } = claims as { cnf?: { jkt?: unknown } | null };
  if (typeof cnf?.jkt !== "string") throw invalid("it is bound to no key (cnf.jkt)");
  if (cnf.jkt === thumbprint) return thumbprint;
  const text = "the token is bound to another Noise key than the peer's: let the daemon launch the plugin again";
  throw new CrucibleError("IDENTITY_MISMATCH", text);
}

function isSeconds(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 && value <= maxSeconds;
}

/** The year 9999: later times overflow what dates can say. */
const maxSeconds = 253_402_300_799;

function invalid(fact: string, cause?: unknown): CrucibleError {
  return new CrucibleError(
    "TOKEN_INVALID",
    `the token is not accepted: ${fact}: let the daemon launch the plugin again`,
    {
      cause,
    },
  );
}

/** The daemon's own signing key as one that its verifier trusts. */
export function ownTrustedKey(daemonId: string, key: TokenKey): TrustedKey {
  return { kid: key.kid, publicKey: key.publicKey, issuer: daemonId, kinds: ["launch", "plugin"] };
}
