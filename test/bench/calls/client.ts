// Measures one peer in two fresh processes, a short turn at a time as its parent asks. Usage: fork("client.js", [PEER])
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { place } from "../placing.js";
import { startServer } from "../serving.js";
import { loadPeer } from "./peers.js";

/** What the parent asks for: calls with so many in flight, or one after another, for so long. */
export interface Turn {
  readonly inFlight: number;
  readonly ms: number;
}

/** What a turn measured. */
export interface Measured {
  /** Completed calls a second. */
  readonly calls: number;
  /** Microseconds, of a turn with one call in flight: both processes are on one processor where `taskset` can put them there. */
  readonly p50: number;
  readonly p99: number;
}

const name = process.argv[2]!;
const peer = await loadPeer(name);
const folder = mkdtempSync(join(tmpdir(), "crucible-bench-peer-"));
const path = join(folder, "peer.sock");
const serverScript = fileURLToPath(new URL("server.js", import.meta.url));

function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

const server = peer.serve === undefined ? undefined : await startServer(serverScript, name, path);
const client = await peer.connect(path);
const pids = [process.pid, server?.pid, ...(client.pids ?? [])].filter((pid) => pid !== undefined);
let placed: "together" | "apart" | undefined;

async function measure({ inFlight, ms }: Turn): Promise<Measured> {
  const where = inFlight === 1 ? "together" : "apart";
  if (placed !== where) {
    placed = where;
    place(pids, where);
    await client.latencies(200);
  }
  if (inFlight > 1) return { calls: await client.throughput(inFlight, ms), p50: Number.NaN, p99: Number.NaN };
  const sorted = (await client.latencies(ms)).toSorted();
  return { calls: (sorted.length / ms) * 1000, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}

process.on("message", (turn: Turn) => {
  void measure(turn).then((measured) => process.send!(measured));
});
process.on("disconnect", () => {
  void client.close().then(() => {
    server?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
});
await client.throughput(64, 1500);
await client.latencies(300);
process.send!("warm");
