// The peers that are in Go, both sides: one program, which serves and drives.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../../", import.meta.url));
const source = join(root, "test/bench/peers/go");
const program = join(root, ".cache/bench-go/go-peer");

/** What the program calls its peers, by their names here. */
const frameworks = { "go-grpc": "grpc", ttrpc: "ttrpc" } as const;
export type GoPeer = keyof typeof frameworks;

function isGoPeer(name: string): name is GoPeer {
  return Object.hasOwn(frameworks, name);
}

/** Builds the program; undefined, with a line that says why, where there is no Go or its modules cannot be had. */
export function buildGo(): string | undefined {
  try {
    mkdirSync(dirname(program), { recursive: true });
    execFileSync("go", ["build", "-o", program, "."], { cwd: source, stdio: ["ignore", "ignore", "pipe"] });
    return program;
  } catch (error) {
    const why = (error as Error).message.trim().split("\n").at(-1);
    process.stderr.write(`${Object.keys(frameworks).join(" and ")} are left out: ${why}\n`);
    return undefined;
  }
}

/** Of these peers, those that can be measured here. Each of the others is told of. */
export function peersThatAreHere(names: readonly string[]): readonly string[] {
  return names.some(isGoPeer) && buildGo() === undefined ? names.filter((name) => !isGoPeer(name)) : names;
}

function start(peer: GoPeer, mode: string, path: string): ChildProcess {
  if (!existsSync(program)) throw new Error(`${program} is missing; buildGo makes it`);
  return spawn(program, [frameworks[peer], mode, path], { stdio: ["pipe", "pipe", "inherit"] });
}

/** A pair of processes in Go. */
export interface GoPair {
  readonly pids: readonly number[];
  /** Has the client work for one line; returns what it says. */
  ask(work: string, first: number, second: number): Promise<string>;
  close(): void;
}

export async function startGo(peer: GoPeer, path: string): Promise<GoPair> {
  const server = start(peer, "serve", path);
  const said = createInterface({ input: server.stdout! })[Symbol.asyncIterator]();
  if ((await said.next()).value !== "ready") throw new Error(`the server of ${peer} did not start`);
  const client = start(peer, "drive", path);
  const lines = createInterface({ input: client.stdout! })[Symbol.asyncIterator]();
  return {
    pids: [server.pid!, client.pid!],
    async ask(work, first, second) {
      client.stdin!.write(`${work} ${first} ${second}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`the client of ${peer} has ended`);
      return value;
    },
    close() {
      client.kill();
      server.kill();
    },
  };
}
