// Measures one peer once, in two fresh processes, and prints one line of JSON. Usage: node client.js PEER
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPeer } from "./peers.js";

/** What one run measured. */
export interface Measured {
  readonly calls64: number;
  readonly calls256: number;
  /** Microseconds, one call in flight, both processes on one processor where `taskset` is there to pin them. */
  readonly p50: number;
  readonly p99: number;
}

const name = process.argv[2]!;
const peer = await loadPeer(name);
const folder = mkdtempSync(join(tmpdir(), "crucible-bench-peer-"));
const path = join(folder, "peer.sock");

async function startServer(): Promise<ChildProcess> {
  const script = fileURLToPath(new URL("server.js", import.meta.url));
  const child = spawn(process.execPath, [script, name, path], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("exit", (code) => reject(new Error(`server of ${name} exited with ${code}`)));
  });
  return child;
}

/** Moves all threads of a process to the given processors; without taskset they stay where they are. */
function pin(pid: number | undefined, processors: string): void {
  if (pid !== undefined) spawnSync("taskset", ["-apc", processors, String(pid)], { stdio: "ignore" });
}

function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

const server = peer.serve === undefined ? undefined : await startServer();
try {
  const client = await peer.connect(path);
  await client.throughput(64, 1500);
  await client.latencies(300);
  const calls64 = await client.throughput(64, 1000);
  const calls256 = await client.throughput(256, 1000);
  const pids = [process.pid, client.serverPid ?? server?.pid];
  for (const pid of pids) pin(pid, "0");
  await client.latencies(200);
  const sorted = (await client.latencies(1200)).toSorted();
  for (const pid of pids) pin(pid, "0-1023");
  const measured: Measured = {
    calls64,
    calls256,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
  };
  process.stdout.write(`${JSON.stringify(measured)}\n`);
  await client.close();
} finally {
  server?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
