/** How daemons and plugins are named, and how a daemon's certificate vouches for its Noise key. */

const daemonIdForm = /^[a-z0-9][a-z0-9-]{0,62}$/;
const pluginIdForm = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/**
 * Whether `text` may name a daemon: 1 to 63 of `a-z`, `0-9` and `-`, no hyphen first. Those that this runtime makes are
 * `<name>-<16 characters of base32>`, the latter 80 random bits.
 */
export function isDaemonId(text: string): boolean {
  return daemonIdForm.test(text);
}

/** Whether `text` may name a plugin: 1 to 40 of `a-z`, `0-9` and `-`, no hyphen first or last. */
export function isPluginId(text: string): boolean {
  return pluginIdForm.test(text);
}

/** The one subject alternative name of a daemon's certificate. */
export function daemonUri(daemonId: string): string {
  return `crucible://daemon/${daemonId}`;
}

/** The one subject alternative name of a plugin's certificate. */
export function pluginUri(pluginId: string): string {
  return `crucible://plugin/${pluginId}`;
}

/** Extended key usage of a daemon's certificate. */
export const serverAuth = "1.3.6.1.5.5.7.3.1";
/** Extended key usage of a plugin's certificate. */
export const clientAuth = "1.3.6.1.5.5.7.3.2";

/** What a daemon shows for itself in Noise message 2. */
export interface DaemonCredentials {
  /** DER, the leaf first; after it at most the authority's own certificate. */
  readonly certificateChain: readonly Uint8Array[];
  /** End of validity of `keySignature`, Unix seconds. */
  readonly notAfter: bigint;
  /** The leaf's signature over `keyStatement`. */
  readonly keySignature: Uint8Array;
}

/**
 * Judges a daemon by what it shows and by the static key that it has proved to own.
 *
 * @throws CrucibleError DAEMON_IDENTITY.
 */
export type VerifyDaemon = (credentials: DaemonCredentials, staticKey: Uint8Array) => void;

const statementLabel = "crucible/1 daemon noise key";

/**
 * The bytes that a daemon's leaf signs: label, 0, daemon id, 0, `notAfter` as u64 big-endian in Unix seconds, Noise static
 * key. ECDSA leaves sign with SHA-256, the signature in DER; Ed25519 leaves sign as RFC 8032 says.
 */
export function keyStatement(daemonId: string, notAfter: bigint, staticKey: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(`${statementLabel}\0${daemonId}\0`);
  const bytes = new Uint8Array(text.length + 8 + staticKey.length);
  bytes.set(text);
  new DataView(bytes.buffer).setBigUint64(text.length, notAfter);
  bytes.set(staticKey, text.length + 8);
  return bytes;
}
