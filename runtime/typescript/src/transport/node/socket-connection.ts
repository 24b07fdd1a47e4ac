import type { Socket } from "node:net";
import type { Clock, Stop } from "../../clock/clock.js";
import { CrucibleError } from "../../error/index.js";
import type { Connection, Protection, Receiver } from "../transport.js";
import { DirectWriter } from "./direct-writer.js";
import { codeOf } from "./system-error.js";

/** What a connection needs to know, with every default settled. */
export interface SocketConnectionOptions {
  readonly peer: string;
  readonly binding: Uint8Array;
  readonly protection: Protection;
  readonly highWaterMarkBytes: number;
  readonly closeTimeoutMs: number;
  readonly clock: Clock;
  /** Hand bytes to the socket's own write, behind the queue of its stream. Default: false. */
  readonly direct?: boolean;
  /** Ends the socket at once. Default: its own `destroy`. */
  readonly destroy?: () => void;
}

/**
 * A connection over a socket of node:net that was opened with allowHalfOpen false and is paused. Bytes come in through
 * `received`, from whichever way the socket reads.
 */
export class SocketConnection implements Connection {
  readonly peer: string;
  readonly binding: Uint8Array;
  readonly protection: Protection;
  readonly #socket: Socket;
  readonly #options: SocketConnectionOptions;
  #receiver: Receiver | undefined;
  /** No more bytes are taken: closed here or ended by the other side. */
  #ending = false;
  /** Closed or aborted here: what arrives is dropped. */
  #deaf = false;
  #aborted = false;
  /** The socket has closed; `#error` says why. */
  #ended = false;
  #error: Error | undefined;
  /** `write` has returned false, and `onDrain` is owed. */
  #blocked = false;
  #stopTimer: Stop | undefined;
  readonly #direct: DirectWriter | undefined;

  constructor(socket: Socket, options: SocketConnectionOptions) {
    this.peer = options.peer;
    this.binding = options.binding;
    this.protection = options.protection;
    this.#socket = socket;
    this.#options = options;
    if (options.direct === true) this.#direct = new DirectWriter(socket, () => this.#drained());
    socket.on("error", (error) => this.#failed(error));
    socket.on("end", () => this.#otherSideEnded());
    socket.on("finish", () => this.#expectEnd());
    socket.on("drain", () => this.#drained());
    socket.on("close", () => this.#closed());
  }

  descriptor(): number | undefined {
    if (this.protection !== "local") return undefined;
    const { fd } = (this.#socket as unknown as { _handle: { readonly fd?: number } | null })._handle ?? {};
    return fd === undefined || fd < 0 ? undefined : fd;
  }

  get unsentBytes(): number {
    return this.#direct === undefined ? this.#socket.writableLength : this.#direct.unsentBytes;
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    if (this.#ended) process.nextTick(() => receiver.onClose(this.#error));
    else this.#socket.resume();
  }

  /**
   * Bytes have arrived; of those that it was given the receiver still needs the last ones, as many as is returned. No
   * Buffer: its slice() shares memory.
   */
  received(chunk: Uint8Array): number {
    const receiver = this.#receiver;
    if (this.#deaf || receiver === undefined) return 0;
    receiver.onBytes(chunk);
    return receiver.neededBytes?.() ?? Infinity;
  }

  write(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    if (this.#ending || socket.destroyed) return false;
    if (bytes.length > 0) {
      if (this.#direct === undefined) socket.write(bytes);
      else this.#direct.write(bytes);
      // Not what socket.write returns: its mark is 16 KiB in Node 20 and 64 in Node 22, less than one flush.
      if (this.unsentBytes >= this.#options.highWaterMarkBytes) this.#blocked = true;
    }
    return !this.#blocked;
  }

  close(): void {
    if (this.#deaf || this.#ended) return;
    this.#deaf = true;
    this.#ending = true;
    this.#socket.end();
    // Reads on, dropping what comes: the other side may have to get rid of it before it sees our end.
    this.#socket.resume();
    this.#expectEnd();
  }

  abort(error?: Error): void {
    if (this.#aborted || this.#ended) return;
    this.#aborted = true;
    this.#deaf = true;
    this.#ending = true;
    this.#error = error;
    this.#destroy();
  }

  #otherSideEnded(): void {
    // The socket ends itself once it has sent what was written, since allowHalfOpen is false.
    this.#ending = true;
    this.#expectEnd();
  }

  /** Once an end has begun it comes in bounded time: the other side may be stopped or hostile. */
  #expectEnd(): void {
    this.#stopTimer?.();
    if (this.#ended) return;
    const { clock, closeTimeoutMs } = this.#options;
    this.#stopTimer = clock.after(closeTimeoutMs, () => {
      const left = this.unsentBytes;
      if (left > 0 && !this.#aborted) {
        this.#error = new CrucibleError(
          "PEER_LOST",
          `${this.peer} did not take ${left} bytes within ${closeTimeoutMs} ms of the connection's end`,
        );
      }
      this.#destroy();
    });
  }

  #destroy(): void {
    const { destroy } = this.#options;
    if (destroy === undefined) this.#socket.destroy();
    else destroy();
  }

  #drained(): void {
    if (!this.#blocked || this.#ending) return;
    this.#blocked = false;
    // Node drains in a tick of its own, never inside write.
    this.#receiver?.onDrain();
  }

  #failed(error: Error): void {
    if (this.#aborted || this.#error !== undefined) return;
    this.#error = new CrucibleError("PEER_LOST", `${this.peer} has gone (${codeOf(error)}); connect again`, {
      cause: error,
    });
  }

  #closed(): void {
    this.#ended = true;
    this.#ending = true;
    this.#stopTimer?.();
    this.#receiver?.onClose(this.#error);
  }
}
