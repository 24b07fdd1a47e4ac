import { type KeyObject, X509Certificate } from "node:crypto";
import type { Clock } from "../../clock/clock.js";
import type { CrucibleError } from "../../error/index.js";
import { extendedKeyUsageOf } from "./certificate-extension.js";

/** What a leaf has to be, beside issued by its authority. */
export interface LeafRules {
  /** Whose it is, for messages: "daemon" or "plugin". */
  readonly who: string;
  readonly authority: X509Certificate;
  /** Its only subject alternative name. */
  readonly uri: string;
  /** An extended key usage that it has, and one that it must not have; with their names. */
  readonly usage: readonly [oid: string, name: string];
  readonly noUsage: readonly [oid: string, name: string];
  readonly clock: Clock;
  /** The error of a leaf that is refused, from a fact about it. */
  readonly refused: (fact: string) => CrucibleError;
}

/** A leaf and, for those who send it, its authority. */
const maxChainLength = 2;

/**
 * The check of a leaf, by node:crypto alone. It has to be issued directly by the authority (intermediates are refused:
 * node:crypto cannot judge their constraints), be valid now, be no authority itself, have the one usage and not the other,
 * and have one subject alternative name. Takes certificates in DER, the leaf first, and returns the leaf.
 */
export function verifyLeaf(rules: LeafRules, chain: readonly Uint8Array[]): X509Certificate {
  const { who, authority, refused } = rules;
  const now = rules.clock.unixMs();
  assertValidAt(authority, now, "the authority's certificate", refused);
  const leaf = parseChain(rules, chain);
  assertLeaf(rules, leaf);
  assertValidAt(leaf, now, `the ${who}'s certificate`, refused);
  return leaf;
}

/** The certificate of an authority, PEM or DER; undefined when it is none. */
export function parseAuthority(bytes: string | Uint8Array): X509Certificate | undefined {
  const certificate = tryParse(bytes);
  return certificate?.ca === true ? certificate : undefined;
}

function tryParse(bytes: string | Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes);
  } catch {
    return undefined; // The caller says which certificate it was.
  }
}

function parseChain({ who, authority, refused }: LeafRules, chain: readonly Uint8Array[]): X509Certificate {
  const [first, second] = chain;
  if (first === undefined || chain.length > maxChainLength) {
    throw refused(`the ${who} sent ${chain.length} certificates instead of one, or one and its authority's`);
  }
  const leaf = tryParse(first);
  // PEM is refused by comparing: what was parsed must be what was sent, byte for byte.
  if (leaf === undefined || !leaf.raw.equals(first)) throw refused(`the ${who}'s certificate is not valid DER`);
  if (second !== undefined && !authority.raw.equals(second))
    throw refused(`the ${who}'s chain does not end at the ticket's authority`);
  return leaf;
}

function assertLeaf(rules: LeafRules, leaf: X509Certificate): void {
  const { who, authority, uri, refused } = rules;
  const [usage, usageName] = rules.usage;
  const [noUsage, noUsageName] = rules.noUsage;
  if (!leaf.checkIssued(authority) || !verifies(leaf, authority.publicKey)) {
    throw refused(`the ${who}'s certificate is not issued by the ticket's authority`);
  }
  if (leaf.ca || claimsAuthority(leaf.raw)) throw refused(`the ${who}'s certificate is an authority's, not a leaf`);
  // Not `leaf.keyUsage`: in Deno (2.9) that is another extension.
  const usages = extendedKeyUsageOf(leaf.raw);
  if (!usages.includes(usage) || usages.includes(noUsage)) {
    throw refused(
      `the certificate is not a ${who}'s: its extended key usage has to be ${usageName} without ${noUsageName}`,
    );
  }
  // Compared as a whole: node quotes whatever could imitate a second name, so that equality means exactly this one.
  if (leaf.subjectAltName !== `URI:${uri}`) throw refused(`the certificate's only name has to be ${uri}`);
}

const basicConstraintsOid = Uint8Array.of(0x06, 0x03, 0x55, 0x1d, 0x13);

/**
 * Whether basicConstraints in a certificate's DER say CA:TRUE. OpenSSL's answer (`ca`) is no also for those whose key
 * usage lacks keyCertSign; a leaf must not even claim it.
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

function assertValidAt(certificate: X509Certificate, now: number, what: string, refused: LeafRules["refused"]): void {
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  // Written so that a date that does not parse (NaN) is refused.
  if (!(now >= from))
    throw refused(`${what} is valid only from ${certificate.validFrom} on; check this machine's clock`);
  if (!(now <= to)) throw refused(`${what} has expired on ${certificate.validTo}; check this machine's clock`);
}
