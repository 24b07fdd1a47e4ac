import { CrucibleError } from "../error/index.js";

/** The message ids of one session: those this side draws, and how far those of the peer have come. */
export class MessageIds {
  /** Parity of the ids that the peer draws. */
  readonly #peerParity: number;
  #next: number;
  #highestOfPeer = 0;

  constructor(side: "plugin" | "daemon") {
    this.#peerParity = side === "plugin" ? 0 : 1;
    this.#next = side === "plugin" ? 1 : 2;
  }

  /** The highest id that the peer has opened; 0 for none. */
  get highestOfPeer(): number {
    return this.#highestOfPeer;
  }

  /** The id drawn last. */
  get lastDrawn(): number {
    return this.#next - 2;
  }

  /** Draws an id. Throws IDS_EXHAUSTED. */
  draw(): number {
    const id = this.#next;
    if (id > Number.MAX_SAFE_INTEGER) {
      throw new CrucibleError("IDS_EXHAUSTED", "this session has used all its message ids; open a new one");
    }
    this.#next = id + 2;
    return id;
  }

  /** Whether `id` is one that the peer draws. */
  ofPeer(id: number): boolean {
    return id % 2 === this.#peerParity;
  }

  /** Throws BAD_MESSAGE_ID unless `id` was opened, by whichever side. */
  assertOpened(id: number): void {
    if (id !== 0 && (this.ofPeer(id) ? id <= this.#highestOfPeer : id < this.#next)) return;
    throw new CrucibleError("BAD_MESSAGE_ID", `message id ${id} was never opened`);
  }

  /** Takes an id that the peer opens; false when it is not above all before. Throws when the peer cannot open it. */
  advance(id: number): boolean {
    if (!this.ofPeer(id) || id === 0) {
      throw new CrucibleError(
        "BAD_MESSAGE_ID",
        `message id ${id} cannot open a message of the other side; its ids have the other parity`,
      );
    }
    if (id <= this.#highestOfPeer) return false;
    this.#highestOfPeer = id;
    return true;
  }
}
