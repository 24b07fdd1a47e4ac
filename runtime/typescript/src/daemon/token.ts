import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "../clock/clock.js";
import { keyBytes } from "../crypto/cipher-suite.js";
import { isPluginId } from "../crypto/identity.js";
import { CrucibleError } from "../error/index.js";
import type { TokenKey } from "./authority-state.js";
import { okpThumbprint } from "./token-thumbprint.js";

/**
 * What a token is good for: `launch` brings one process, started by the daemon just now, into its present run; `plugin`
 * lets a plugin that somebody else starts reach the daemon in any run.
 */
export type TokenKind = "launch" | "plugin";

/** The `typ` of a token's header. */
export const tokenTypes: Readonly<Record<TokenKind, string>> = {
  launch: "crucible-launch+jwt",
  plugin: "crucible-plugin+jwt",
};
/** Longer tokens are refused unread. */
export const maxTokenBytes = 8192;
/** How far clocks may differ. */
export const clockSkewMs = 30_000;
/** How long tokens of a kind may live at most. */
export const maxTokenLifetimeMs: Readonly<Record<TokenKind, number>> = { launch: 60_000, plugin: 86_400_000 };
/** The algorithm of every token. */
export const tokenAlgorithm = "EdDSA";

/** The one audience of a token: a launch token is for one run of the daemon. */
export function tokenAudience(kind: TokenKind, daemonId: string, bootId: string): string {
  return kind === "launch" ? `${daemonId}/${bootId}` : daemonId;
}

/** 128 random bits in base64url: names one run of a daemon. */
export function createBootId(): string {
  return randomBytes(16).toString("base64url");
}

export interface TokenIssuerOptions {
  readonly daemonId: string;
  /** Of the present run; see createBootId. */
  readonly bootId: string;
  /** The authority's. */
  readonly key: TokenKey;
  /** Default: the platform's. */
  readonly clock?: Clock;
}

/** Whom a token is for. */
export interface TokenRequest {
  readonly pluginId: string;
  /** The plugin's Noise public key, 32 bytes: only its owner can use the token. */
  readonly staticKey: Uint8Array;
  /** Default: `launch`. */
  readonly kind?: TokenKind;
  /** Default and most: 60,000 for `launch`, 86,400,000 for `plugin`. */
  readonly lifetimeMs?: number;
}

/** Makes the tokens of one run of a daemon. */
export class TokenIssuer {
  readonly #options: TokenIssuerOptions;

  constructor(options: TokenIssuerOptions) {
    this.#options = options;
  }

  /**
   * A token in JWS compact form.
   *
   * @throws CrucibleError PLUGIN_ID_INVALID, OPTION_INVALID.
   */
  async issue(request: TokenRequest): Promise<string> {
    const { daemonId, bootId, key, clock = systemClock } = this.#options;
    const { pluginId, staticKey, kind = "launch" } = request;
    const lifetimeMs = request.lifetimeMs ?? maxTokenLifetimeMs[kind];
    if (!isPluginId(pluginId)) {
      const text = "the plugin id has no valid form: use 1 to 40 of a-z, 0-9 and -, no hyphen first or last";
      throw new CrucibleError("PLUGIN_ID_INVALID", text);
    }
    if (staticKey.length !== keyBytes) throw new CrucibleError("OPTION_INVALID", "staticKey: pass the raw 32 bytes");
    if (!(lifetimeMs >= 1000 && lifetimeMs <= maxTokenLifetimeMs[kind])) {
      const text = `lifetimeMs of a ${kind} token: pass 1000 to ${maxTokenLifetimeMs[kind]}`;
      throw new CrucibleError("OPTION_INVALID", text);
    }
    // Only daemons need it, and of jose only parts: 9 ms to load with those that verify, where the whole takes 26.
    const { SignJWT } = await import("jose/jwt/sign");
    const issuedAt = Math.floor(clock.unixMs() / 1000);
    return new SignJWT({ cnf: { jkt: okpThumbprint("X25519", staticKey) } })
      .setProtectedHeader({ alg: tokenAlgorithm, typ: tokenTypes[kind], kid: key.kid })
      .setIssuer(daemonId)
      .setSubject(pluginId)
      .setAudience(tokenAudience(kind, daemonId, bootId))
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + Math.floor(lifetimeMs / 1000))
      .setJti(randomBytes(16).toString("base64url"))
      .sign(key.privateKey);
  }
}
