import type { Clock } from "../../clock/clock.js";
import type { TransportOptions } from "../transport.js";

/** Whom one who dials expects: never a host name. */
export interface ExpectedDaemon {
  /** The authority's certificate, PEM. */
  readonly authority: string;
  readonly daemonId: string;
}

/** What one who listens shows, both PEM. */
export interface ShownCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Options of the transport over TLS. */
export interface TlsOptions extends TransportOptions {
  /** Needed to dial. */
  readonly daemon?: ExpectedDaemon;
  /** Who dials shows it when it is asked to. Default: nothing. */
  readonly own?: ShownCertificate;
  /** Needed to listen; asked for each connection, so that what is renewed is shown. */
  readonly identity?: () => Promise<ShownCertificate>;
  /**
   * Who listens takes only plugins with a certificate of this authority, PEM, that names the plugin which `listen` was told.
   * Default: certificates are not asked for.
   */
  readonly pluginAuthority?: string;
  /** How long a connection may take to finish the TLS handshake, in milliseconds. Default: 5,000. */
  readonly handshakeTimeoutMs?: number;
  /**
   * How many connections may be in the TLS handshake, over all listeners; each has a quarter of them at most, so that none
   * can starve another. Further ones are cut off. Default: 256.
   */
  readonly maxHandshakes?: number;
  /** Default: the platform's. */
  readonly clock?: Clock;
}
