import { CrucibleError } from "../error/index.js";
import { tagBytes } from "./cipher-suite.js";
import type { CipherState } from "./cipher-state.js";

/** After so many frames of one direction comes Noise's REKEY. */
export const defaultRekeyFrames: number = 2 ** 20;

/**
 * Seals or opens the ENCRYPTED frames of one direction of one connection, in the order of the wire: nonce = 4 zero bytes
 * and a u64 that counts them from 0.
 */
export interface FrameCipher {
  /** Seals bytes[start,end) in place with AAD bytes[aadStart,start) (the 36 header bytes), writes the 16-byte tag at end; returns end+16. */
  seal(bytes: Uint8Array, aadStart: number, start: number, end: number): number;
  /** Opens in place; returns the end of the plaintext (end-16); throws CrucibleError BAD_SEAL, after which the connection has to end. */
  open(bytes: Uint8Array, aadStart: number, start: number, end: number): number;
}

/** What a frame cipher is for. The wrong operation throws: sealing under the peer's key would use a nonce twice. */
export type Direction = "send" | "receive";

/**
 * The frame cipher of a direction.
 *
 * @param state one half of Noise's Split, used by nobody else from now on.
 * @param rekeyFrames frames between two REKEYs. Both sides must agree; only tests change it.
 */
export function createFrameCipher(
  state: CipherState,
  direction: Direction,
  rekeyFrames: number = defaultRekeyFrames,
): FrameCipher {
  return new NoiseFrameCipher(state, direction, rekeyFrames);
}

class NoiseFrameCipher implements FrameCipher {
  readonly #state: CipherState;
  readonly #direction: Direction;
  readonly #rekeyFrames: number;
  #frames = 0;

  constructor(state: CipherState, direction: Direction, rekeyFrames: number) {
    this.#state = state;
    this.#direction = direction;
    this.#rekeyFrames = rekeyFrames;
  }

  seal(bytes: Uint8Array, aadStart: number, start: number, end: number): number {
    if (this.#direction !== "send") throw misuse("a receiving cipher cannot seal");
    // Checked, because subarray would silently clamp and leave a part in clear.
    if (!inOrder(aadStart, start, end, bytes.length - tagBytes))
      throw misuse("no room for the tag, or offsets out of order");
    const sealed = this.#state.seal(bytes.subarray(aadStart, start), bytes, start, end);
    this.#count();
    return sealed;
  }

  open(bytes: Uint8Array, aadStart: number, start: number, end: number): number {
    if (this.#direction !== "receive") throw misuse("a sending cipher cannot open");
    if (!inOrder(aadStart, start, end, bytes.length)) throw misuse("offsets out of order");
    const opened = this.#state.open(bytes.subarray(aadStart, start), bytes, start, end);
    this.#count();
    return opened;
  }

  #count(): void {
    this.#frames += 1;
    if (this.#frames !== this.#rekeyFrames) return;
    this.#frames = 0;
    this.#state.rekey();
  }
}

function inOrder(aadStart: number, start: number, end: number, limit: number): boolean {
  return aadStart >= 0 && aadStart <= start && start <= end && end <= limit;
}

function misuse(fact: string): CrucibleError {
  return new CrucibleError("BAD_SEAL", `frame cipher: ${fact}: this is a fault of the caller, report it`);
}
