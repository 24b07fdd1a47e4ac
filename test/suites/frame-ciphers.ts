import { CipherState } from "../../runtime/typescript/src/crypto/cipher-state.js";
import { createFrameCipher, type FrameCipher } from "../../runtime/typescript/src/crypto/frame-cipher.js";
import { nodeSuite } from "../../runtime/typescript/src/crypto/node/node-suite.js";

/** The ciphers of one side: what it sends with, and what it receives with. */
export interface SideCiphers {
  readonly send: FrameCipher;
  readonly receive: FrameCipher;
}

/** What Split has given: the key towards the daemon, and the one towards the plugin. */
export type SplitKeys = readonly [toDaemon: Uint8Array, toPlugin: Uint8Array];

/** Keys of a connection of its own. */
export const drawKeys = (): SplitKeys => [nodeSuite.random(32), nodeSuite.random(32)];

/** Real ciphers of a connection's two sides, at their beginning; `rekeyFrames` as of `createFrameCipher`. */
export function frameCiphers(
  [toDaemon, toPlugin]: SplitKeys = drawKeys(),
  rekeyFrames?: number,
): { readonly daemon: SideCiphers; readonly plugin: SideCiphers } {
  const cipher = (key: Uint8Array, direction: "send" | "receive"): FrameCipher =>
    createFrameCipher(new CipherState(nodeSuite, key), direction, rekeyFrames);
  return {
    daemon: { send: cipher(toPlugin, "send"), receive: cipher(toDaemon, "receive") },
    plugin: { send: cipher(toDaemon, "send"), receive: cipher(toPlugin, "receive") },
  };
}
