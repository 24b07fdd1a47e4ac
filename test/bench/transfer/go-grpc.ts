import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Peer } from "./workload.js";

const root = fileURLToPath(new URL("../../../../../", import.meta.url));
const source = join(root, "test/bench/peers/go-grpc");
const program = join(root, ".cache/bench-go/go-grpc");

/** Builds the peer; false, with a line that says why, where there is no Go or its modules cannot be had. */
export function buildGoGrpc(): boolean {
  try {
    mkdirSync(join(program, ".."), { recursive: true });
    execFileSync("go", ["build", "-o", program, "."], { cwd: source, stdio: ["ignore", "ignore", "pipe"] });
    return true;
  } catch (error) {
    const why = (error as Error).message.trim().split("\n").at(-1);
    process.stderr.write(`go-grpc is left out: ${why}\n`);
    return false;
  }
}

function start(mode: string, path: string): ChildProcess {
  if (!existsSync(program)) throw new Error(`${program} is missing; buildGoGrpc makes it`);
  return spawn(program, [mode, path], { stdio: ["pipe", "pipe", "inherit"] });
}

/** Go's gRPC over a Unix socket, client and server both in Go. Each works for one line of standard input, and answers by one. */
export const goGrpc: Peer = {
  async connect(path) {
    const server = start("serve", path);
    const client = start("drive", path);
    const lines = createInterface({ input: client.stdout! })[Symbol.asyncIterator]();
    const serverLines = createInterface({ input: server.stdout! })[Symbol.asyncIterator]();
    if ((await serverLines.next()).value !== "ready") throw new Error("the server in Go did not start");
    const ask = async (kind: string, count: number, size: number): Promise<void> => {
      client.stdin!.write(`${kind} ${count} ${size}\n`);
      const { value } = await lines.next();
      if (value !== "done") throw new Error(`the client in Go said ${String(value)}`);
    };
    return {
      stream: (count) => ask("stream", count, 0),
      read: (count, size) => ask("read", count, size),
      echo: (count, size) => ask("echo", count, size),
      async close() {
        client.kill();
        server.kill();
      },
    };
  },
};
