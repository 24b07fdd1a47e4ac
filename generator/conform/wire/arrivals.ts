// The connections that a plugin makes.
import type { Server } from "node:net";
import { Connection, Nonconformance } from "./connection.js";
import type { TestedProcess } from "./process.js";

/** How long a plugin may take from its launch to its first byte, in milliseconds. */
export const startMs = 10_000;

/** The connections that a plugin makes, in order. */
export class Arrivals {
  readonly #waiting: Connection[] = [];
  #wake: (() => void) | undefined;

  constructor(server: Server, patienceMs: number) {
    server.on("connection", (socket) => {
      this.#waiting.push(new Connection(socket, patienceMs));
      this.#wake?.();
    });
  }

  /** The next one; undefined when none comes in that time. */
  async next(ms: number): Promise<Connection | undefined> {
    if (this.#waiting.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#waiting.shift();
  }
}

/** A plugin does not even dial. */
export class NeverDialled extends Nonconformance {}

/**
 * The first connection of a plugin.
 *
 * @throws NeverDialled with why there is none.
 */
export async function waitFor(dialled: Promise<Connection | undefined>, process: TestedProcess): Promise<Connection> {
  const words = (): string => (process.lastLine === "" ? "" : `: ${process.lastLine}`);
  const gone = process.exited.then(
    ({ code, signal }) => `it ended (${signal ?? `exit code ${code}`}) before it dialled`,
  );
  const first = await Promise.race([dialled, gone]);
  if (first === undefined) {
    throw new NeverDialled(`it has not dialled the address of its ticket within ${startMs} ms${words()}`);
  }
  if (typeof first === "string") throw new NeverDialled(first + words());
  return first;
}
