import { type Clock, type Stop, systemClock } from "../clock/clock.js";
import { CrucibleError } from "../error/index.js";
import { parseAddress } from "./address.js";
import {
  type Connection,
  defaultCloseTimeoutMs,
  defaultHighWaterMarkBytes,
  type Listener,
  type Receiver,
  type Transport,
  type TransportOptions,
} from "./transport.js";

/** Options of the transport that stays in memory. */
export interface MemoryOptions extends TransportOptions {
  /** Hands out chunks of at most this many bytes, as a network might. Default: as they were written. */
  readonly maxChunkBytes?: number;
  /** Default: the platform's. */
  readonly clock?: Clock;
}

const nothing = new Uint8Array(0);

// A turn of the event loop, not a microtask: two sides that answer each other forever must not starve timers.
const later: (action: () => void) => void =
  typeof setImmediate === "function" ? (action) => void setImmediate(action) : (action) => void setTimeout(action, 0);

/** One side. Bytes on their way to it wait in its own inbox. */
class MemoryConnection implements Connection {
  readonly peer: string;
  readonly binding: Uint8Array = nothing;
  readonly protection = "local";
  readonly #highWaterMarkBytes: number;
  readonly #closeTimeoutMs: number;
  readonly #maxChunkBytes: number;
  readonly #clock: Clock;
  #other!: MemoryConnection;
  #receiver: Receiver | undefined;
  #inbox: Uint8Array[] = [];
  #inboxBytes = 0;
  /** The other side sends no more than what is in the inbox. */
  #inboxEnds = false;
  #scheduled = false;
  /** `write` has returned false, and `onDrain` is owed. */
  #blocked = false;
  #drainDue = false;
  /** `close` was called here. */
  #closing = false;
  /** Nothing moves any more; `#error` is what `onClose` says or has said. */
  #ended = false;
  #told = false;
  #error: Error | undefined;
  #stopTimer: Stop | undefined;

  constructor(peer: string, options: MemoryOptions) {
    this.peer = peer;
    this.#highWaterMarkBytes = options.highWaterMarkBytes ?? defaultHighWaterMarkBytes;
    this.#closeTimeoutMs = options.closeTimeoutMs ?? defaultCloseTimeoutMs;
    this.#maxChunkBytes = options.maxChunkBytes ?? Number.POSITIVE_INFINITY;
    this.#clock = options.clock ?? systemClock;
  }

  static pair(peerOfFirst: string, peerOfSecond: string, options: MemoryOptions): [MemoryConnection, MemoryConnection] {
    const first = new MemoryConnection(peerOfFirst, options);
    const second = new MemoryConnection(peerOfSecond, options);
    first.#other = second;
    second.#other = first;
    return [first, second];
  }

  /** The other side gets a copy at once. */
  get unsentBytes(): number {
    return 0;
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    this.#schedule();
  }

  write(bytes: Uint8Array): boolean {
    const other = this.#other;
    if (this.#ended || this.#closing || other.#ended) return false;
    if (bytes.length > 0) {
      // Copied: the receiver owns what it gets, and the writer may keep what it wrote. Not by slice, which in a Buffer is a
      // view.
      other.#inbox.push(new Uint8Array(bytes));
      other.#inboxBytes += bytes.length;
      other.#schedule();
    }
    if (other.#inboxBytes >= this.#highWaterMarkBytes) this.#blocked = true;
    return !this.#blocked;
  }

  close(): void {
    if (this.#ended || this.#closing) return;
    this.#closing = true;
    this.#other.#inboxEnds = true;
    this.#other.#schedule();
    this.#stopTimer = this.#clock.after(this.#closeTimeoutMs, () => {
      const left = this.#other.#inboxBytes;
      this.abort(lost(`${this.peer} did not take ${left} bytes within ${this.#closeTimeoutMs} ms of closing`));
    });
  }

  abort(error?: Error): void {
    if (this.#ended) return;
    this.#end(error);
    this.#other.#end(lost(`${this.#other.peer} ended the connection without closing it; connect again`));
  }

  #end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#stopTimer?.();
    this.#inbox = [];
    this.#inboxBytes = 0;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#receiver === undefined) return;
    this.#scheduled = true;
    later(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const receiver = this.#receiver;
    if (receiver === undefined) return;
    if (!this.#ended) {
      // Only what is there now: what is written meanwhile waits for the next turn.
      const chunks = this.#inbox;
      const ends = this.#inboxEnds;
      this.#inbox = [];
      for (const chunk of chunks) this.#hand(chunk, receiver);
      if (!this.#ended && this.#inbox.length === 0) {
        this.#other.#drained();
        if (ends) this.#meetEnd();
      }
    }
    if (this.#ended) {
      if (!this.#told) {
        this.#told = true;
        receiver.onClose(this.#error);
      }
    } else if (this.#drainDue && !this.#closing) {
      this.#drainDue = false;
      receiver.onDrain();
    }
  }

  #hand(chunk: Uint8Array, receiver: Receiver): void {
    for (let start = 0; start < chunk.length; start += this.#maxChunkBytes) {
      const piece = chunk.subarray(start, Math.min(chunk.length, start + this.#maxChunkBytes));
      if (this.#ended) return;
      this.#inboxBytes -= piece.length;
      if (!this.#closing) receiver.onBytes(piece);
    }
  }

  #drained(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#drainDue = true;
    this.#schedule();
  }

  /** Everything that the other side sent before it closed has been taken: both sides are done. */
  #meetEnd(): void {
    this.#other.#end(undefined);
    this.#end(undefined);
  }
}

function lost(message: string): CrucibleError {
  return new CrucibleError("PEER_LOST", message);
}

/** Two connections that are each other's other side. */
export function createMemoryPair(options: MemoryOptions = {}): [Connection, Connection] {
  return MemoryConnection.pair("memory:second", "memory:first", options);
}

/** A transport within this process. Addresses are `memory:name`, known to this transport alone. */
export function createMemoryTransport(options: MemoryOptions = {}): Transport {
  const listeners = new Map<string, (connection: Connection) => void>();
  let dialled = 0;
  return {
    // oxlint-disable-next-line require-await -- Reason: errors are rejections, as with every transport.
    async dial(address) {
      const accept = listeners.get(nameOf(address));
      if (accept === undefined) {
        throw new CrucibleError("CONNECT_FAILED", `nobody listens at ${address} in this process; listen there first`);
      }
      const [client, server] = MemoryConnection.pair(address, `${address}#${++dialled}`, options);
      later(() => accept(server));
      return client;
    },
    // oxlint-disable-next-line require-await -- Reason: as above.
    async listen(address, onConnection): Promise<Listener> {
      const name = nameOf(address);
      if (listeners.has(name)) {
        throw new CrucibleError("ADDRESS_IN_USE", `${address} is in use in this process; choose another name`);
      }
      // A function of its own for each listener, so that a second close cannot free the address of a successor.
      const accept = (connection: Connection): void => onConnection(connection);
      listeners.set(name, accept);
      return {
        address,
        // oxlint-disable-next-line require-await -- Reason: as above.
        async close() {
          if (listeners.get(name) === accept) listeners.delete(name);
        },
      };
    },
  };
}

function nameOf(address: string): string {
  const parsed = parseAddress(address);
  if (parsed.kind === "memory") return parsed.name;
  throw new CrucibleError("ADDRESS_INVALID", `address ${address} is not in memory; write memory:name`);
}
