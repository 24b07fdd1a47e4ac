import { mkdirSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import type { Random } from "../fuzz/random.js";

/** What happens to the bytes of a connection, from a certain one on. */
export type FaultKind =
  | "flip" // one bit of it is another
  | "drop" // some are missing
  | "double" // some come twice
  | "swap" // some come behind those that follow them
  | "insert" // some come that nobody has sent
  | "trickle" // some come one by one
  | "stall" // they come later
  | "silence" // neither it nor what follows comes, and nobody is told
  | "end" // the sender seems to have ended its side
  | "cut"; // both ends are cut off

interface Fault {
  readonly kind: FaultKind;
  /** Of the byte that it begins with, in its direction. */
  readonly offset: number;
  readonly bytes: number;
}

/** One direction of a connection. Faults are drawn by offset, so that a seed means the same however bytes are cut into chunks. */
class FaultyDirection {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #faults: Fault[];
  readonly #onFault: (kind: FaultKind) => void;
  #offset = 0;
  /** Bytes that wait for those behind them. */
  #held: Buffer | undefined;
  #heldFor = 0;
  #skip = 0;
  #silent = false;

  constructor(from: Socket, to: Socket, faults: Fault[], onFault: (kind: FaultKind) => void) {
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    this.#onFault = onFault;
  }

  begin(): void {
    const [from, to] = [this.#from, this.#to];
    from.on("data", (chunk) => this.#pass(chunk));
    from.on("end", () => {
      this.#release();
      to.end();
    });
    // Whoever is cut off is what this is about.
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
  }

  #pass(whole: Buffer): void {
    let chunk = whole;
    while (chunk.length > 0) {
      const [fault] = this.#faults;
      const until =
        fault === undefined ? chunk.length : Math.min(chunk.length, Math.max(0, fault.offset - this.#offset));
      this.#send(chunk.subarray(0, until));
      this.#offset += until;
      chunk = chunk.subarray(until);
      if (chunk.length > 0) chunk = this.#strike(this.#faults.shift()!, chunk);
    }
  }

  /** Applies a fault to what begins here; returns what goes on as ever. */
  #strike({ kind, bytes }: Fault, chunk: Buffer): Buffer {
    this.#onFault(kind);
    const some = Buffer.from(chunk.subarray(0, bytes));
    switch (kind) {
      case "flip":
        chunk[0]! ^= 1 << (bytes % 8);
        break;
      case "drop":
        this.#skip += bytes;
        break;
      case "double":
        this.#send(some);
        break;
      case "swap":
        this.#held = some;
        this.#heldFor = bytes;
        this.#offset += some.length;
        setTimeout(() => this.#release(), 20);
        return chunk.subarray(some.length);
      case "insert":
        this.#send(Buffer.alloc(bytes, bytes));
        break;
      case "trickle":
        for (const byte of some) this.#send(Buffer.of(byte));
        this.#offset += some.length;
        return chunk.subarray(some.length);
      case "stall":
        this.#from.pause();
        setTimeout(() => this.#from.resume(), bytes % 30);
        break;
      case "silence":
        this.#silent = true;
        break;
      case "end":
        this.#to.end();
        this.#silent = true;
        break;
      case "cut":
        this.#from.destroy();
        this.#to.destroy();
        this.#silent = true;
    }
    return chunk;
  }

  #send(bytes: Buffer): void {
    const skipped = Math.min(this.#skip, bytes.length);
    this.#skip -= skipped;
    const rest = bytes.subarray(skipped);
    if (rest.length === 0 || this.#silent || this.#to.destroyed || this.#to.writableEnded) return;
    this.#to.write(rest);
    this.#heldFor -= rest.length;
    if (this.#heldFor <= 0) this.#release();
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#send(held);
  }
}

/** What a wire does to whoever uses it. */
export interface FaultyOptions {
  readonly random: Random;
  readonly kinds: readonly FaultKind[];
  /** Bytes between one fault of a direction and the next, at most. */
  readonly spacing: number;
}

/** Somebody between a plugin and its daemon who passes on what comes, not always as it came. */
export class FaultyWire {
  readonly address: string;
  /** How often each kind of fault has happened. */
  readonly faults: Map<FaultKind, number> = new Map();
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();

  private constructor(path: string, daemonPath: string, options: FaultyOptions) {
    this.address = `unix:${path}`;
    this.#server = createServer((plugin) => {
      const daemon = connect(daemonPath);
      for (const [from, to] of [
        [plugin, daemon],
        [daemon, plugin],
      ] as const) {
        this.#sockets.add(from);
        from.once("close", () => this.#sockets.delete(from));
        new FaultyDirection(from, to, draw(options), (kind) => this.#count(kind)).begin();
      }
    });
  }

  static async listen(path: string, daemonPath: string, options: FaultyOptions): Promise<FaultyWire> {
    mkdirSync(dirname(path), { mode: 0o700, recursive: true });
    const wire = new FaultyWire(path, daemonPath, options);
    await new Promise<void>((resolve) => wire.#server.listen(path, resolve));
    return wire;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #count(kind: FaultKind): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
  }
}

/** The faults of one direction of one connection: some within the handshake, most behind it. */
function draw({ random, kinds, spacing }: FaultyOptions): Fault[] {
  const faults: Fault[] = [];
  let offset = random.below(8) === 0 ? 0 : 4_000;
  for (let left = 1 + random.below(4); left > 0; left--) {
    offset += random.below(random.below(3) === 0 ? 2_000 : spacing);
    faults.push({ kind: random.pick(kinds), offset, bytes: 1 + random.below(random.below(2) === 0 ? 16 : 300) });
    offset++;
  }
  return faults;
}
