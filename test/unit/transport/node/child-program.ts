// What the tests of Unix sockets run as processes of their own. Arguments: what to do, and with which path.
import { createServer } from "node:net";
import { systemClock } from "../../../../runtime/typescript/src/clock/clock.js";
import { CrucibleError } from "../../../../runtime/typescript/src/error/index.js";
import { withDirectoryLock } from "../../../../runtime/typescript/src/transport/node/directory-lock.js";
import { createUnixTransport } from "../../../../runtime/typescript/src/transport/node/unix.js";

const [, , task, path = "", startAtMs = "0"] = process.argv;

/** Reports to the parent, one line each. */
function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const forever = (): Promise<never> => new Promise(() => void setInterval(() => {}, 1000));

const tasks: Readonly<Record<string, () => Promise<unknown>>> = {
  /** Listens; says so, or the reason why not; stays. Accepted connections are started and their bytes counted. */
  async listen() {
    // All racers begin at the same moment, however long each took to load.
    while (Date.now() < Number(startAtMs));
    try {
      await createUnixTransport().listen(`unix:${path}`, (connection) => {
        connection.start({
          onBytes: (chunk) => void connection.write(chunk),
          onDrain: () => {},
          onClose: () => {},
        });
      });
      say("listening");
    } catch (error) {
      say(error instanceof CrucibleError ? `${error.reason} ${error.message}` : String(error));
    }
    await forever();
  },
  /** Listens, then exits without closing. */
  async exit() {
    await createUnixTransport().listen(`unix:${path}`, () => {});
    say("listening");
    process.stdin.once("data", () => process.exit(0));
  },
  /** Accepts connections and never reads. */
  async deaf() {
    await createUnixTransport().listen(`unix:${path}`, () => {});
    say("listening");
    await forever();
  },
  /** Takes the lock of the directory and keeps it. */
  async lock() {
    await withDirectoryLock(path, systemClock, () => {
      say("locked");
      return forever();
    });
  },
  /** Listens with a queue of one, and never accepts: the event loop stands still. */
  async stuck() {
    const server = createServer().listen({ path, backlog: 1 }, () => {
      say("listening");
      setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 50);
    });
    await new Promise((resolve) => server.once("close", resolve));
  },
};

await tasks[task ?? ""]?.();
