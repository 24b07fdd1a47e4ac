import { type KeyObject, verify, X509Certificate } from "node:crypto";
import { type Clock, systemClock } from "../../clock/clock.js";
import { CrucibleError } from "../../error/index.js";
import { clientAuth, type DaemonCredentials, daemonUri, isDaemonId, keyStatement, serverAuth } from "../identity.js";
import type { VerifyDaemon } from "../identity.js";

/** What a plugin knows of its daemon, from its launch ticket. */
export interface DaemonVerifierOptions {
  /** The authority's certificate, PEM or DER. */
  readonly ca: string | Uint8Array;
  /** The daemon that is expected. */
  readonly daemonId: string;
  /** Default: the platform's. */
  readonly clock?: Clock;
}

/** A leaf and, for those who send it, its authority. */
const maxChainLength = 2;

/**
 * The check of a daemon's identity, by node:crypto alone. The leaf has to be issued directly by the ticket's authority
 * (intermediates are refused: node:crypto cannot judge their constraints), be valid now, be no authority itself, have
 * serverAuth and not clientAuth, have `URI:crucible://daemon/<id>` as its only subject alternative name, and have
 * signed the static key.
 *
 * @throws CrucibleError TICKET_INVALID when the authority's certificate or the daemon id is no such thing.
 */
export function createDaemonVerifier(options: DaemonVerifierOptions): VerifyDaemon {
  const clock = options.clock ?? systemClock;
  const verifyLeaf = createLeafVerifier(options);
  return (credentials, staticKey) => {
    const leaf = verifyLeaf(credentials.certificateChain);
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
  const ca = parseAuthority(options.ca);
  if (!isDaemonId(daemonId)) {
    throw new CrucibleError(
      "TICKET_INVALID",
      "the ticket's daemon id has no valid form: let the daemon launch the plugin again",
    );
  }
  return (chain) => {
    const now = clock.unixMs();
    assertValidAt(ca, now, "the authority's certificate");
    const leaf = parseChain(chain, ca);
    assertLeaf(leaf, ca, daemonId);
    assertValidAt(leaf, now, "the daemon's certificate");
    return leaf;
  };
}

function parseAuthority(bytes: string | Uint8Array): X509Certificate {
  const certificate = tryParse(bytes);
  if (certificate === undefined || !certificate.ca) {
    const text = "the ticket's authority is no CA certificate: let the daemon launch the plugin again";
    throw new CrucibleError("TICKET_INVALID", text);
  }
  return certificate;
}

function tryParse(bytes: string | Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes);
  } catch {
    return undefined; // The caller says which certificate it was.
  }
}

function parseChain(chain: readonly Uint8Array[], ca: X509Certificate): X509Certificate {
  const [first, second] = chain;
  if (first === undefined || chain.length > maxChainLength) {
    throw refused(`the daemon sent ${chain.length} certificates instead of one, or one and its authority's`);
  }
  const leaf = tryParse(first);
  // PEM is refused by comparing: what was parsed must be what was sent, byte for byte.
  if (leaf === undefined || !leaf.raw.equals(first)) throw refused("the daemon's certificate is not valid DER");
  if (second !== undefined && !ca.raw.equals(second))
    throw refused("the daemon's chain does not end at the ticket's authority");
  return leaf;
}

function assertLeaf(leaf: X509Certificate, ca: X509Certificate, daemonId: string): void {
  if (!leaf.checkIssued(ca) || !verifies(leaf, ca.publicKey)) {
    throw refused("the daemon's certificate is not issued by the ticket's authority");
  }
  if (leaf.ca || claimsAuthority(leaf.raw)) throw refused("the daemon's certificate is an authority's, not a leaf");
  // Missing in declarations: undefined when the certificate has no extended key usage.
  const usage: readonly string[] = (leaf.keyUsage as string[] | undefined) ?? [];
  if (!usage.includes(serverAuth) || usage.includes(clientAuth)) {
    throw refused("the certificate is not a daemon's: its extended key usage has to be serverAuth without clientAuth");
  }
  // Compared as a whole: node quotes whatever could imitate a second name, so that equality means exactly this one.
  if (leaf.subjectAltName !== `URI:${daemonUri(daemonId)}`) {
    throw refused(`the certificate's only name has to be ${daemonUri(daemonId)}`);
  }
}

const basicConstraintsOid = Uint8Array.of(0x06, 0x03, 0x55, 0x1d, 0x13);

/**
 * Whether basicConstraints in a certificate's DER say CA:TRUE. OpenSSL's answer (`ca`) is no also for those whose key
 * usage lacks keyCertSign; a daemon's leaf must not even claim it.
 */
function claimsAuthority(der: Buffer): boolean {
  for (let at = der.indexOf(basicConstraintsOid); at >= 0; at = der.indexOf(basicConstraintsOid, at + 1)) {
    const rest = der.subarray(at + basicConstraintsOid.length);
    // [BOOLEAN critical] OCTET STRING { SEQUENCE { [BOOLEAN ca] … } }
    const value = rest[0] === 0x01 ? rest.subarray(3) : rest;
    if (value[0] === 0x04 && value[2] === 0x30 && value[3] !== 0 && value[4] === 0x01 && value[6] !== 0) return true;
  }
  return false;
}

function verifies(leaf: X509Certificate, key: KeyObject): boolean {
  try {
    return leaf.verify(key);
  } catch {
    return false; // A signature algorithm that does not fit the key.
  }
}

function assertValidAt(certificate: X509Certificate, now: number, what: string): void {
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  // Written so that a date that does not parse (NaN) is refused.
  if (!(now >= from))
    throw refused(`${what} is valid only from ${certificate.validFrom} on; check this machine's clock`);
  if (!(now <= to)) throw refused(`${what} has expired on ${certificate.validTo}; check this machine's clock`);
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
