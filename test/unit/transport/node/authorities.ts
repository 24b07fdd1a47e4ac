import { createLeafCertificate } from "../../../../runtime/typescript/src/daemon/authority-certificates.js";
import { createState } from "../../../../runtime/typescript/src/daemon/authority-state.js";
import type {
  ExpectedDaemon,
  ShownCertificate,
} from "../../../../runtime/typescript/src/transport/node/tls-options.js";

/** A daemon as both ends of a TLS connection know it. */
export interface KnownDaemon {
  readonly daemon: ExpectedDaemon;
  readonly shown: ShownCertificate;
  readonly identity: () => Promise<ShownCertificate>;
  /** A leaf of the same authority for this id, made at this time. */
  leaf(daemonId: string, nowMs?: number): ShownCertificate;
  /** The authority's own certificate and key, as if it were a leaf. */
  readonly authority: ShownCertificate;
}

/** Makes a daemon with an authority of its own, as `createDaemon` does on first use. */
export async function makeDaemon(name: string): Promise<KnownDaemon> {
  const { daemonId, ca, leaf } = createState(name, Date.now());
  return {
    daemon: { authority: ca.certificate, daemonId },
    shown: leaf,
    identity: () => Promise.resolve(leaf),
    leaf: (id, nowMs = Date.now()) => createLeafCertificate(ca, id, nowMs),
    authority: ca,
  };
}

let next = 10_000 + (process.pid % 220) * 100;

/**
 * A port that nobody is likely to use: a hundred for each process, below those that the system gives away; another for each
 * call.
 */
export function freshPort(): number {
  return next++;
}
