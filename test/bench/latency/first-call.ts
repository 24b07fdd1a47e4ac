// The first call of a fresh pair of processes. Prints the milliseconds that it takes, as JSON.
// Usage: node first-call.js PEER
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPeer } from "../calls/peers.js";
import { startServer } from "../serving.js";

/** Milliseconds. */
export interface FirstCall {
  /** From the dial to the answer of the first call. */
  readonly connect: number;
  /** From the request to launch the plugin to that answer; of ours alone. */
  readonly launch?: number;
}

/** The clock of `process.hrtime` is the same in all processes. */
function milliseconds(from: bigint, to: bigint): number {
  return Number(to - from) / 1e6;
}

/** Ours is dialled by the plugin: its process says when, once it has imported what it needs. */
async function measureOurs(folder: string): Promise<FirstCall> {
  const { createDaemon } = await import("crucible-runtime/daemon");
  const { Bench } = await import("../gen/bench/v1/bench_daemon.js");
  const { request } = await import("../calls/workload.js");
  let onDial!: (at: bigint) => void;
  const dialled = new Promise<bigint>((resolve) => (onDial = resolve));
  await using daemon = await createDaemon({
    name: "bench",
    stateDirectory: join(folder, "state"),
    socketDirectory: join(folder, "sockets"),
    onLog: ({ message }) => onDial(BigInt(message)),
  });
  const script = fileURLToPath(new URL("cold-plugin.js", import.meta.url));
  const launched = process.hrtime.bigint();
  const plugin = await daemon.launch({ id: "bench", command: [process.execPath, script] });
  await plugin.client(Bench).search(request, { metadata: { tenant: "bench" } });
  const answered = process.hrtime.bigint();
  return { connect: milliseconds(await dialled, answered), launch: milliseconds(launched, answered) };
}

async function measurePeer(name: string, folder: string): Promise<FirstCall> {
  const peer = await loadPeer(name);
  const path = join(folder, "peer.sock");
  const server = await startServer(fileURLToPath(new URL("../calls/server.js", import.meta.url)), name, path);
  const start = process.hrtime.bigint();
  const client = await peer.connect(path);
  await client.latencies(0);
  const connect = milliseconds(start, process.hrtime.bigint());
  server.kill("SIGKILL");
  await client.close();
  return { connect };
}

const name = process.argv[2]!;
const folder = mkdtempSync(join(tmpdir(), "crucible-bench-cold-"));
const first = name === "crucible" ? await measureOurs(folder) : await measurePeer(name, folder);
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify(first)}\n`);
