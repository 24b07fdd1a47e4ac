import { mkdirSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";

export type Direction = "toDaemon" | "toPlugin";

/** Changes a frame on its way, or leaves it as it is. */
export type ChangeFrame = (frame: Buffer, direction: Direction) => Buffer;

/**
 * Somebody on the wire between a plugin and its daemon: listens at a Unix socket of its own, passes on all that comes, frame
 * by frame, and keeps it.
 */
export class WireProxy {
  readonly address: string;
  /** All that has passed, as it came, by direction. */
  readonly seen: Record<Direction, Buffer[]> = { toDaemon: [], toPlugin: [] };
  change: ChangeFrame = (frame) => frame;
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  /** Connections that it lets through from now on; others are closed as they come. */
  open = true;

  private constructor(path: string, daemonPath: string) {
    this.address = `unix:${path}`;
    this.#server = createServer((plugin) => {
      if (!this.open) {
        plugin.destroy();
        return;
      }
      const daemon = connect(daemonPath);
      this.#sockets.push(plugin, daemon);
      this.#pass(plugin, daemon, "toDaemon");
      this.#pass(daemon, plugin, "toPlugin");
    });
  }

  /** Listens at `path`, in a directory made for it, for whoever should be at `daemonPath`. */
  static async listen(path: string, daemonPath: string): Promise<WireProxy> {
    mkdirSync(dirname(path), { mode: 0o700, recursive: true });
    const proxy = new WireProxy(path, daemonPath);
    await new Promise<void>((resolve) => proxy.#server.listen(path, resolve));
    return proxy;
  }

  /** The bytes of one direction, or of both. */
  bytes(direction?: Direction): Buffer {
    const { toDaemon, toPlugin } = this.seen;
    return Buffer.concat(direction === undefined ? [...toDaemon, ...toPlugin] : this.seen[direction]);
  }

  /** Whether a text went over the wire, either way. */
  shows(text: string): boolean {
    return this.bytes().includes(text);
  }

  /** How many connections have been let through. */
  get connections(): number {
    return this.#sockets.length / 2;
  }

  /** Cuts a connection at both ends, or all of them; counted from 0, as they came. */
  cut(index?: number): void {
    const sockets = index === undefined ? this.#sockets : this.#sockets.slice(2 * index, 2 * index + 2);
    for (const socket of sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #pass(from: Socket, to: Socket, direction: Direction): void {
    let rest: Buffer = Buffer.alloc(0);
    from.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 36 && rest.length >= 44 + rest.readUInt32BE(32)) {
        const size = 44 + rest.readUInt32BE(32);
        const frame = Buffer.from(rest.subarray(0, size));
        this.seen[direction].push(frame);
        to.write(this.change(frame, direction));
        rest = rest.subarray(size);
      }
    });
    from.on("end", () => to.end());
    // An end that is cut off is what some tests are about.
    from.on("error", () => to.destroy());
  }
}
