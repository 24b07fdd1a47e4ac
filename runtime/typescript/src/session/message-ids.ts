import { CrucibleError } from "../error/index.js";

/** The ids that one side draws for a session, on whichever of its connections they are opened: no two are the same. */
export class IdSequence {
  #next: number;

  constructor(side: "plugin" | "daemon") {
    this.#next = side === "plugin" ? 1 : 2;
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
}

/** The message ids of one connection: those this side has opened on it, and how far those of the peer have come. */
export class MessageIds {
  readonly #sequence: IdSequence;
  /** Parity of the ids that the peer draws. */
  readonly #peerParity: number;
  #highestOwn = 0;
  #highestOfPeer: number;

  /** `highestOfPeer` is what the peer has opened on earlier connections that this one takes the place of. */
  constructor(side: "plugin" | "daemon", sequence: IdSequence, highestOfPeer = 0) {
    this.#sequence = sequence;
    this.#peerParity = side === "plugin" ? 0 : 1;
    this.#highestOfPeer = highestOfPeer;
  }

  /** The highest id that the peer has opened; 0 for none. */
  get highestOfPeer(): number {
    return this.#highestOfPeer;
  }

  /** The id that was drawn last, on whichever connection. */
  get lastDrawn(): number {
    return this.#sequence.lastDrawn;
  }

  /** Draws an id that is opened on this connection. Throws IDS_EXHAUSTED. */
  draw(): number {
    return (this.#highestOwn = this.#sequence.draw());
  }

  /** The id that was drawn last is opened here and not where it was drawn. */
  adopt(id: number): void {
    this.#highestOwn = id;
  }

  /** Whether `id` is one that the peer draws. */
  ofPeer(id: number): boolean {
    return id % 2 === this.#peerParity;
  }

  /** Throws BAD_MESSAGE_ID unless `id` was opened, by whichever side. */
  assertOpened(id: number): void {
    if (id !== 0 && id <= (this.ofPeer(id) ? this.#highestOfPeer : this.#highestOwn)) return;
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
