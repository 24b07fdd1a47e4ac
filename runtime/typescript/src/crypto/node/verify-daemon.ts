import { verify, type X509Certificate } from "node:crypto";
import { type Clock, systemClock } from "../../clock/clock.js";
import { CrucibleError } from "../../error/index.js";
import { clientAuth, type DaemonCredentials, daemonUri, isDaemonId, keyStatement, serverAuth } from "../identity.js";
import type { VerifyDaemon } from "../identity.js";
import { parseAuthority, verifyLeaf } from "./verify-leaf.js";

/** What a plugin knows of its daemon, from its launch ticket. */
export interface DaemonVerifierOptions {
  /** The authority's certificate, PEM or DER. */
  readonly ca: string | Uint8Array;
  /** The daemon that is expected. */
  readonly daemonId: string;
  /** Default: the platform's. */
  readonly clock?: Clock;
}

/**
 * The check of a daemon's identity. The leaf has to pass `verifyLeaf`, with the ticket's authority, serverAuth and not
 * clientAuth, and `URI:crucible://daemon/<id>`, and has to have signed the static key.
 *
 * @throws CrucibleError TICKET_INVALID when the authority's certificate or the daemon id is no such thing.
 */
export function createDaemonVerifier(options: DaemonVerifierOptions): VerifyDaemon {
  const clock = options.clock ?? systemClock;
  const verifyChain = createLeafVerifier(options);
  return (credentials, staticKey) => {
    const leaf = verifyChain(credentials.certificateChain);
    assertKeySignature(leaf, credentials, options.daemonId, staticKey, clock.unixMs());
  };
}

/**
 * The part of that check that needs no static key: of the certificates alone, for TLS. Takes them in DER, the leaf first,
 * and returns the leaf.
 *
 * @throws CrucibleError as above; what it returns throws DAEMON_IDENTITY.
 */
export function createLeafVerifier(options: DaemonVerifierOptions): (chain: readonly Uint8Array[]) => X509Certificate {
  const clock = options.clock ?? systemClock;
  const { daemonId } = options;
  const authority = parseAuthority(options.ca);
  if (authority === undefined) {
    const text = "the ticket's authority is no CA certificate: let the daemon launch the plugin again";
    throw new CrucibleError("TICKET_INVALID", text);
  }
  if (!isDaemonId(daemonId)) {
    throw new CrucibleError(
      "TICKET_INVALID",
      "the ticket's daemon id has no valid form: let the daemon launch the plugin again",
    );
  }
  const usage = [serverAuth, "serverAuth"] as const;
  const noUsage = [clientAuth, "clientAuth"] as const;
  const rules = { who: "daemon", authority, uri: daemonUri(daemonId), usage, noUsage, clock, refused };
  return (chain) => verifyLeaf(rules, chain);
}

function assertKeySignature(
  leaf: X509Certificate,
  credentials: DaemonCredentials,
  daemonId: string,
  staticKey: Uint8Array,
  now: number,
): void {
  const { notAfter, keySignature } = credentials;
  if (BigInt(Math.floor(now / 1000)) > notAfter) {
    throw refused("the signature over the daemon's Noise key has expired; check this machine's clock");
  }
  if (notAfter > BigInt(Math.floor(Date.parse(leaf.validTo) / 1000))) {
    throw refused("the signature over the daemon's Noise key claims to outlive its certificate");
  }
  const key = leaf.publicKey;
  const curve = key.asymmetricKeyType === "ec" ? key.asymmetricKeyDetails?.namedCurve : key.asymmetricKeyType;
  if (curve !== "prime256v1" && curve !== "ed25519")
    throw refused("the certificate's key is neither P-256 nor Ed25519");
  const statement = keyStatement(daemonId, notAfter, staticKey);
  if (!verify(curve === "ed25519" ? null : "sha256", statement, key, keySignature)) {
    throw refused("the certificate's key has not signed the daemon's Noise key");
  }
}

function refused(fact: string): CrucibleError {
  const text = `daemon identity: ${fact}: no token was sent to it; let the right daemon launch the plugin again`;
  return new CrucibleError("DAEMON_IDENTITY", text);
}
