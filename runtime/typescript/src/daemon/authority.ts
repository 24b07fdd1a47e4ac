import { createPrivateKey, type KeyObject, sign, X509Certificate } from "node:crypto";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { type Clock, systemClock } from "../clock/clock.js";
import { type DaemonCredentials, isPluginId, keyStatement } from "../crypto/identity.js";
import { CrucibleError } from "../error/index.js";
import {
  type Certified,
  createLeafCertificate,
  createPluginCertificate,
  isRenewalDue,
} from "./authority-certificates.js";
import {
  type AuthorityState,
  createState,
  parseState,
  parseTokenKey,
  serializeState,
  type TokenKey,
} from "./authority-state.js";
import { AuthorityStore, invalid } from "./authority-store.js";

/** Where an authority lies and whose it is. */
export interface AuthorityOptions {
  /**
   * Where the authority's secrets lie; made when missing (mode 0700). Daemons that share it share one identity.
   * Default: `defaultStateDirectory(name)`.
   */
  readonly directory?: string;
  /** Name of the daemon, of the form of plugin ids; the daemon id begins with it. */
  readonly name: string;
  /** Default: the platform's. */
  readonly clock?: Clock;
}

/** Signatures over a Noise key live so long, and are made again when half of it is over. */
const statementLifetimeMs = 86_400_000;

/** `$XDG_STATE_HOME/crucible/<name>`, which is `~/.local/state/crucible/<name>` unless set otherwise. */
export function defaultStateDirectory(name: string): string {
  const configured = process.env["XDG_STATE_HOME"];
  // The XDG specification wants relative values ignored.
  const home = configured !== undefined && isAbsolute(configured) ? configured : join(homedir(), ".local", "state");
  return join(home, "crucible", name);
}

/**
 * Loads the daemon's authority from its directory, or makes it on first use. Of several daemons that start at once, one
 * makes it and all use it. A leaf that has expired, or soon will, is renewed under the same authority.
 *
 * @throws CrucibleError AUTHORITY_INVALID when directory or file are not ours alone, corrupt, expired, or of a daemon of
 * another name; OPTION_INVALID when the name has no valid form.
 */
export async function openAuthority(options: AuthorityOptions): Promise<Authority> {
  const { name, clock = systemClock } = options;
  if (typeof name !== "string" || !isPluginId(name)) {
    const text = `the daemon's name has no valid form: use 1 to 40 of a-z, 0-9 and -, no hyphen first or last`;
    throw new CrucibleError("OPTION_INVALID", text);
  }
  const store = new AuthorityStore(options.directory ?? defaultStateDirectory(name));
  const state = await load(store, name, clock);
  if (!state.daemonId.startsWith(`${name}-`)) {
    throw invalid(
      store.path,
      `belongs to daemon ${state.daemonId}`,
      `give daemon ${name} a state directory of its own`,
    );
  }
  assertInForce(store.path, state, clock.unixMs());
  const authority = new Authority(store, state, clock);
  await authority.renewIfDue();
  return authority;
}

async function load(store: AuthorityStore, name: string, clock: Clock): Promise<AuthorityState> {
  let text = await store.read();
  if (text === undefined) {
    const state = createState(name, clock.unixMs());
    if (await store.create(serializeState(state))) return state;
    text = await store.read();
    if (text === undefined) throw invalid(store.path, "vanished while it was read", "start the daemon again");
  }
  return parseState(store.path, text);
}

/** The authority itself is never renewed: plugins that run know it from their tickets. */
function assertInForce(path: string, state: AuthorityState, nowMs: number): void {
  const { validFrom, validTo } = new X509Certificate(state.ca.certificate);
  if (nowMs < Date.parse(validFrom)) {
    throw invalid(path, `is valid only from ${validFrom} on`, "set this machine's clock");
  }
  if (nowMs > Date.parse(validTo)) {
    throw invalid(path, `has expired on ${validTo}`, "delete it: the daemon then gets a new identity");
  }
}

/** A daemon's identity: vouches for its Noise key, and holds the key that signs its tokens. */
export class Authority {
  readonly daemonId: string;
  /** The authority's certificate in PEM, for launch tickets. Public. */
  readonly caCertificate: string;
  readonly tokenKey: TokenKey;
  readonly #store: AuthorityStore;
  readonly #clock: Clock;
  #state: AuthorityState;
  #leaf: Leaf;
  #shown: { readonly staticKey: Uint8Array; readonly credentials: DaemonCredentials } | undefined;
  #renewal: Promise<void> | undefined;

  /** @internal Use openAuthority. */
  constructor(store: AuthorityStore, state: AuthorityState, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#state = state;
    this.#leaf = leafOf(state);
    this.daemonId = state.daemonId;
    this.caCertificate = state.ca.certificate;
    this.tokenKey = parseTokenKey(state.tokenKey);
  }

  /**
   * What the daemon shows in a handshake for its Noise public key of 32 bytes. Signed again, the leaf renewed, as time
   * passes: ask anew for each connection.
   *
   * @throws CrucibleError AUTHORITY_INVALID when the authority itself has expired.
   */
  async credentials(staticKey: Uint8Array): Promise<DaemonCredentials> {
    await this.renewIfDue();
    const nowMs = this.#clock.unixMs();
    const shown = this.#shown;
    if (
      shown !== undefined &&
      Number(shown.credentials.notAfter) * 1000 >= nowMs + statementLifetimeMs / 2 &&
      Number(shown.credentials.notAfter) * 1000 <= nowMs + statementLifetimeMs &&
      Buffer.compare(shown.staticKey, staticKey) === 0
    ) {
      return shown.credentials;
    }
    const credentials = this.#vouch(staticKey, nowMs);
    this.#shown = { staticKey: new Uint8Array(staticKey), credentials };
    return credentials;
  }

  /**
   * The leaf as a TLS server shows it, both PEM. Renewed as time passes: ask anew for each connection.
   *
   * @throws CrucibleError AUTHORITY_INVALID when the authority itself has expired.
   */
  async tlsIdentity(): Promise<Certified> {
    await this.renewIfDue();
    return this.#state.leaf;
  }

  /**
   * Makes a certificate for one launch of a plugin, to be shown over TLS, both PEM.
   *
   * @throws CrucibleError AUTHORITY_INVALID when the authority itself has expired.
   */
  async pluginIdentity(pluginId: string): Promise<Certified> {
    const nowMs = this.#clock.unixMs();
    assertInForce(this.#store.path, this.#state, nowMs);
    return createPluginCertificate(this.#state.ca, pluginId, nowMs);
  }

  /**
   * Replaces the leaf when it has expired or soon will.
   *
   * @throws CrucibleError AUTHORITY_INVALID when the authority itself has expired.
   */
  async renewIfDue(): Promise<void> {
    const { certificate, authorityEndsMs } = this.#leaf;
    if (!isRenewalDue(certificate, authorityEndsMs, this.#clock.unixMs())) return;
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined;
    });
    await this.#renewal;
  }

  async #renew(): Promise<void> {
    const nowMs = this.#clock.unixMs();
    assertInForce(this.#store.path, this.#state, nowMs);
    const leaf = createLeafCertificate(this.#state.ca, this.daemonId, nowMs);
    this.#state = { ...this.#state, leaf };
    this.#leaf = leafOf(this.#state);
    this.#shown = undefined;
    try {
      // Another daemon may do the same at this moment: both leaves are good, the last one stays in the file.
      await this.#store.replace(serializeState(this.#state));
    } catch {
      // A leaf that cannot be kept serves until this daemon ends; the next start makes another.
    }
  }

  #vouch(staticKey: Uint8Array, nowMs: number): DaemonCredentials {
    const { certificate, privateKey } = this.#leaf;
    const endMs = Math.min(nowMs + statementLifetimeMs, Date.parse(certificate.validTo));
    const notAfter = BigInt(Math.floor(endMs / 1000));
    const keySignature = sign("sha256", keyStatement(this.daemonId, notAfter, staticKey), privateKey);
    return {
      certificateChain: [new Uint8Array(certificate.raw)],
      notAfter,
      keySignature: new Uint8Array(keySignature),
    };
  }
}

interface Leaf {
  readonly certificate: X509Certificate;
  readonly privateKey: KeyObject;
  /** When the authority above it expires, Unix milliseconds. */
  readonly authorityEndsMs: number;
}

function leafOf(state: AuthorityState): Leaf {
  return {
    certificate: new X509Certificate(state.leaf.certificate),
    privateKey: createPrivateKey(state.leaf.privateKey),
    authorityEndsMs: Date.parse(new X509Certificate(state.ca.certificate).validTo),
  };
}
