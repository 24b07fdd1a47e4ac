import { CrucibleError } from "../error/index.js";
import { optionInvalid } from "../error/options.js";
import { shown } from "../error/text.js";
import { EncryptionPolicy } from "../gen/crucible/ipc/v1/control_codec.js";
import type { Connection } from "../transport/transport.js";

/**
 * What of a session is sealed, beside its registration; each demands more than the one before:
 * - `none`: nothing. Sensitive methods cannot be called;
 * - `sensitive`: the calls of sensitive methods, headers apart;
 * - `everything`: every frame, whole, with all that is sent at once as one.
 */
export type Encryption = "none" | "sensitive" | "everything";

const ascending: readonly Encryption[] = ["none", "sensitive", "everything"];
/** By the number of the protocol, for a plugin that names none and for a daemon that names none. */
const demanded: readonly Encryption[] = ["none", ...ascending];
const announced: readonly Encryption[] = ["sensitive", ...ascending];

/** The feature that `everything` needs. */
export const sealedFeature = "sealed";
/** Bytes of the exporter that binds a handshake to its TLS connection (RFC 9266). */
const tlsBindingBytes = 32;

/** @throws CrucibleError OPTION_INVALID unless `value` is a policy. */
export function checkEncryption(value: Encryption): Encryption {
  if (ascending.includes(value)) return value;
  throw optionInvalid(`encryption is ${shown(value)}; it is "none", "sensitive" or "everything"`);
}

/** The policy that demands more. */
export function stricter(one: Encryption, other: Encryption): Encryption {
  return ascending.indexOf(one) < ascending.indexOf(other) ? other : one;
}

/**
 * The least that a connection takes. Frames in clear are lawful on a local socket whose owner was verified, and inside TLS
 * to which the handshake is bound; elsewhere everything has to be sealed.
 */
export function leastEncryption({ protection, binding }: Connection): Encryption {
  return protection === "local" || (protection === "tls" && binding.length === tlsBindingBytes) ? "none" : "everything";
}

/** Throws SEAL_REQUIRED unless what was agreed on is enough for `wanted`. Before that, nothing secret may be sent. */
export function requireSealing(wanted: Encryption, features: readonly string[], peer: string): void {
  if (wanted !== "everything" || features.includes(sealedFeature)) return;
  throw new CrucibleError(
    "SEAL_REQUIRED",
    `everything has to be sealed between here and ${peer}, which one of the two cannot do; upgrade its runtime`,
  );
}

/** The number of a policy on the wire. */
export function toWire(policy: Encryption): EncryptionPolicy {
  return (ascending.indexOf(policy) + 1) as EncryptionPolicy;
}

/** What a plugin demands. Throws REGISTER_INVALID for a number that has no meaning. */
export function demandOf(number: EncryptionPolicy): Encryption {
  return demanded[number] ?? unknownPolicy(number);
}

/**
 * What a daemon has announced. Throws REGISTER_INVALID for a number that has no meaning, and DOWNGRADE for less than
 * `wanted` or for what the features cannot do.
 */
export function announcementOf(number: EncryptionPolicy, wanted: Encryption, features: readonly string[]): Encryption {
  const policy = announced[number] ?? unknownPolicy(number);
  const able = policy !== "everything" || features.includes(sealedFeature);
  if (able && stricter(policy, wanted) === policy) return policy;
  const fact = able ? `where ${wanted} is demanded` : "which was not agreed on in the handshake";
  throw new CrucibleError("DOWNGRADE", `the daemon's policy of encryption is ${policy}, ${fact}: the connection ends`);
}

function unknownPolicy(number: number): never {
  throw new CrucibleError("REGISTER_INVALID", `encryption policy ${number} is unknown here; upgrade this side`);
}

/** Throws SEAL_REQUIRED when the calls of a sensitive method have nowhere to be sealed. */
export function requireSealedCalls(method: string, policy: Encryption): void {
  if (policy !== "none") return;
  throw new CrucibleError(
    "SEAL_REQUIRED",
    `${method} is sensitive and this session seals no calls; give the daemon the encryption "sensitive"`,
  );
}
