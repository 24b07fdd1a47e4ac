import type { CrucibleError } from "../error/index.js";

/**
 * What keeps others from reading and changing what a connection carries:
 * - `local`: the system, which lets in nobody but the owner, who was verified; or it never leaves the process;
 * - `tls`: TLS whose exporter is the connection's binding;
 * - `none`: nothing. Whatever needs protection has to be sealed.
 */
export type Protection = "local" | "tls" | "none";

/**
 * One connection: an ordered, reliable pipe of bytes in both directions. It knows no frames.
 *
 *   paused ── start ──▶ open ── close ──▶ closing ──▶ closed
 *                        └── abort, or the other side ends ──▶ closed
 *
 * - What arrives before `start` waits.
 * - Exactly one `onClose` follows every `start`, whatever happened before or after it; then nothing else is called.
 * - After `close` or `abort` the receiver hears `onClose` and nothing else; what still arrives is dropped.
 * - A receiver is never called from inside a call of `start`, `write`, `close` or `abort`.
 * - `close` and `abort` may be called in any state, and twice. `abort` ends a `close` that is under way.
 */
export interface Connection {
  /** Whom one speaks to, for logs: an address, with the peer's process id where the platform tells it. */
  readonly peer: string;
  /**
   * Bytes that both handshakes mix in, so that they cannot be spliced onto another channel: over TLS the 32 bytes of its
   * exporter (RFC 9266), elsewhere empty.
   */
  readonly binding: Uint8Array;
  /** Whether frames in clear are lawful on it; see PROTOCOL.md, Policies. */
  readonly protection: Protection;
  /** Of a local socket, the number by which the system knows it, while it is open: it may tell who is at the other end. */
  descriptor?(): number | undefined;
  /** Begins to read. Called once. The receiver must not block. */
  start(receiver: Receiver): void;
  /** Bytes that were written and that the platform has not taken yet. */
  readonly unsentBytes: number;
  /**
   * Hands over bytes to be sent. The caller must not change them until `unsentBytes` is 0. Returns false when the caller
   * should wait for `onDrain` before it writes much more; the bytes are taken in any case. Once the connection is
   * closing or has ended, the bytes are dropped and the answer is false: `onClose` is what then comes.
   */
  write(bytes: Uint8Array): boolean;
  /**
   * Sends what was written, then closes. `onClose` has an error when that failed: the other side has gone, or does not
   * take the bytes for closeTimeoutMs of the transport.
   */
  close(): void;
  /** Closes at once; what was not sent is lost. `error` is what `onClose` gets on this side; the other side is not told. */
  abort(error?: Error): void;
}

/** Who is told what arrives on a connection. What it throws is not caught. */
export interface Receiver {
  /**
   * Bytes that arrived, at least one. The receiver owns `chunk`: the connection never changes it again. Chunks may be
   * views that follow each other in one ArrayBuffer; where they begin and end says nothing about how they were written.
   */
  onBytes(chunk: Uint8Array): void;
  /**
   * How many of the bytes that it was given, counted from the last one back, the receiver still needs; the connection may
   * write over those before them. Asked behind each `onBytes`. Infinity, and a receiver without it: they stay its own.
   */
  neededBytes?(): number;
  /** The connection takes more. Comes once after each time that `write` began to return false. */
  onDrain(): void;
  /**
   * The connection has ended. Without an error: by `close` or `abort` here, or because the other side ended it and
   * nothing written here was left behind. That does not say that the other side meant it: a process that is killed looks
   * the same on a local socket. With an error: the one given to `abort`, or a CrucibleError with reason PEER_LOST.
   */
  onClose(error?: Error): void;
}

/** Accepts connections at an address. */
export interface Listener {
  /** Where it listens, such as `unix:/tmp/crucible-plugins/search.sock`; of a range of ports the one that was free. */
  readonly address: string;
  /** Stops accepting and frees the address. Accepted connections live on. May be called twice. */
  close(): Promise<void>;
}

/** A way to reach another process. */
export interface Transport {
  /**
   * Connects. Rejects with reason CONNECT_FAILED, ADDRESS_INVALID or DIRECTORY_UNSAFE; over TLS also with DAEMON_IDENTITY,
   * HANDSHAKE_FAILED or HANDSHAKE_TIMEOUT.
   */
  dial(address: string, options?: DialOptions): Promise<Connection>;
  /**
   * Listens. Rejects with reason ADDRESS_IN_USE, ADDRESS_INVALID or DIRECTORY_UNSAFE. A connection that is handed out
   * may end before its first byte: others look whether somebody listens by connecting.
   */
  listen(address: string, onConnection: (connection: Connection) => void, options?: ListenOptions): Promise<Listener>;
}

/** How to connect. */
export interface DialOptions {
  /** How long to try, in milliseconds. Default: 5,000. Somebody who listens and is busy is waited for; nobody is not. */
  readonly timeoutMs?: number;
  /**
   * A user, beside our own and root, to whom the address may belong. Only where addresses belong to users: on Unix
   * sockets. Default: nobody.
   */
  readonly ownerUid?: number;
}

/** How to listen. */
export interface ListenOptions {
  /** Whose certificate is taken, where the transport asks for one. */
  readonly pluginId?: string;
  /** Told of each connection that ended before it could be handed out, and whose it was. Default: nobody is. */
  readonly onRefused?: (error: CrucibleError, peer: string) => void;
}

/** What transports have in common. */
export interface TransportOptions {
  /** From how many bytes waiting to be sent `write` returns false. Default: 262,144. */
  readonly highWaterMarkBytes?: number;
  /** How long `close` waits for the other side to take what was written and to close too. Default: 5,000. */
  readonly closeTimeoutMs?: number;
}

export const defaultHighWaterMarkBytes = 262_144;
export const defaultCloseTimeoutMs = 5_000;
export const defaultDialTimeoutMs = 5_000;
