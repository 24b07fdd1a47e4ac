import { type DhKeyPair, keyBytes, nonceBytes, tagBytes } from "../crypto/cipher-suite.js";
import type { VerifyDaemon } from "../crypto/identity.js";
import { nodeSuite } from "../crypto/node/node-suite.js";
import { createDaemonVerifier, type DaemonVerifierOptions } from "../crypto/node/verify-daemon.js";

/** What a plugin reads message 2 with, and how it has that ready in time. */
export interface Preparations {
  /** As `createDaemonVerifier` makes it, when that is first needed; throws what that throws. */
  readonly verifyDaemon: VerifyDaemon;
  /** Never throws. */
  readonly whileGreeted: () => void;
}

/**
 * The static key and the authority of a ticket are not needed for message 1, and take 1.5 ms in a process that has just
 * started: as long as the daemon takes for message 2.
 */
export function createPreparations(options: DaemonVerifierOptions, staticKey: DhKeyPair): Preparations {
  let made: VerifyDaemon | undefined;
  const verifier = (): VerifyDaemon => (made ??= createDaemonVerifier(options));
  return {
    verifyDaemon: (credentials, daemonKey) => verifier()(credentials, daemonKey),
    whileGreeted() {
      lookUpCiphers(staticKey.publicKey);
      try {
        verifier();
      } catch {
        // `verifyDaemon` says it again, to somebody who can tell.
      }
    },
  };
}

/** The platform looks an algorithm up when it is first used: 0.5 ms for these. */
function lookUpCiphers(publicKey: Uint8Array): void {
  const bytes = new Uint8Array(keyBytes + tagBytes);
  nodeSuite
    .aeadKey(nodeSuite.hmac(publicKey, publicKey))
    .seal(publicKey.subarray(0, nonceBytes), publicKey, bytes, 0, keyBytes);
}
