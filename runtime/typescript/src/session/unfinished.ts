import { CrucibleError } from "../error/index.js";
import type { Call } from "./call.js";

/** Ends a call by what the peer sent. */
export type Refuse = (call: Call, error: CrucibleError) => void;

/**
 * The messages of a session that have arrived in part, over all its connections: what they take together is bounded, and
 * the youngest make room.
 */
export class Unfinished {
  readonly #maxBytes: number;
  /** The youngest last. Made with the first: an idle session is smaller without. */
  #calls: Map<Call, Refuse> | undefined;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many messages there are. */
  get size(): number {
    return this.#calls === undefined ? 0 : this.#calls.size;
  }

  /** The first fragment of a message of `call` has come; `refuse` ends the call when there is no room. */
  begin(call: Call, refuse: Refuse): void {
    (this.#calls ??= new Map()).set(call, refuse);
  }

  /** Bytes have come. */
  count(bytes: number): void {
    this.#bytes += bytes;
  }

  /** They take more than they may. */
  get full(): boolean {
    return this.#bytes > this.#maxBytes;
  }

  /** Ends the youngest until there is room. To find it takes a walk, but ends a call. */
  makeRoom(): void {
    const calls = this.#calls;
    if (calls === undefined) return;
    while (this.#bytes > this.#maxBytes && calls.size > 0) {
      let youngest: [Call, Refuse] | undefined;
      for (const entry of calls) youngest = entry;
      const [call, refuse] = youngest!;
      const text = `message ${call.id} came in while too many others were incomplete; try again later`;
      refuse(call, new CrucibleError("MESSAGE_TOO_LARGE", text, { retryable: true }));
      // One that is not refused would be the youngest for ever.
      calls.delete(call);
    }
  }

  /** The message of `call` is whole, or nobody wants it: so many bytes had come. */
  end(call: Call, bytes: number): void {
    if (this.#calls?.delete(call) === true) this.#bytes -= bytes;
  }
}
