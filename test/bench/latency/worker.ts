// Measures small calls beside a large transfer, in two fresh processes. Usage: fork("worker.js", [NAME])
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDaemon } from "crucible-runtime/daemon";
import { Bench } from "../gen/bench/v1/bench_daemon.js";
import { Transfer } from "../gen/bench/v1/transfer_daemon.js";
import { measureCalls, request } from "../calls/workload.js";
import { connectRaw } from "../transfer/raw.js";
import { checkBody } from "../transfer/workload.js";

/** What runs beside the calls, for so long: a stream of 1 MiB messages or one message of 256 MiB after another. */
export interface Beside {
  readonly load: "stream" | "message";
  /**
   * Whether ours carries it, by a session of several connections or by one that has a single one for both, or a bare socket
   * between the same processes as the first.
   */
  readonly over: "crucible" | "single" | "raw";
  readonly ms: number;
}

/** Microseconds of each call, and how much the transfer carried meanwhile, in bytes a second. */
export interface Latencies {
  readonly calls: number[];
  readonly transferRate: number;
}

const sizes = { stream: 1_048_576, message: 268_435_456 } as const;
const folder = mkdtempSync(join(tmpdir(), "crucible-bench-"));
const rawPath = join(folder, "raw.sock");
const daemon = await createDaemon({
  name: "bench",
  stateDirectory: join(folder, "state"),
  socketDirectory: join(folder, "sockets"),
  limits: { maxMessageBytes: 536_870_912, maxIncompleteBytes: 1_073_741_824 },
});
const program = fileURLToPath(new URL("plugin.js", import.meta.url));
const plugin = await daemon.launch({ id: "bench", command: [process.execPath, program, rawPath] });
const single = await daemon.launch({
  id: "single",
  command: [process.execPath, program, `${rawPath}-single`],
  connections: 1,
});
const callsOf = ({ client }: { client: typeof plugin.client }): ReturnType<typeof measureCalls> => {
  const bench = client(Bench);
  return measureCalls(() => bench.search(request, { metadata: { tenant: "bench" } }));
};
const calls = callsOf({ client: (type) => plugin.client(type) });
const singleCalls = callsOf({ client: (type) => single.client(type) });
const transfers = { crucible: plugin.client(Transfer), single: single.client(Transfer) };
const socket = await connectRaw(rawPath);

/** Carries bodies until `stopped`; returns how many bytes. */
async function carry({ load, over }: Beside, stopped: () => boolean): Promise<number> {
  const size = sizes[load];
  let bytes = 0;
  while (!stopped()) {
    if (over === "raw") {
      const count = load === "stream" ? 64 : 1;
      await socket.read(count, size, false);
      bytes += count * size;
    } else if (load === "message") {
      checkBody((await transfers[over].fetch({ size })).data, size);
      bytes += size;
    } else {
      for await (const { data } of transfers[over].read({ count: 64, size })) {
        checkBody(data, size);
        bytes += size;
      }
    }
  }
  return bytes;
}

async function measure(beside: Beside): Promise<Latencies> {
  let stopped = false;
  const start = performance.now();
  const carried = carry(beside, () => stopped);
  const latencies = await (beside.over === "single" ? singleCalls : calls).latencies(beside.ms);
  stopped = true;
  const bytes = await carried;
  return { calls: [...latencies], transferRate: (bytes / (performance.now() - start)) * 1000 };
}

process.on("message", (beside: Beside) => {
  void measure(beside).then((measured) => process.send!(measured));
});
process.on("disconnect", () => {
  socket.close();
  void daemon.close().then(() => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
});
await calls.latencies(500);
await singleCalls.latencies(500);
for (const load of ["stream", "message"] as const) {
  for (const over of ["raw", "single", "crucible"] as const) await measure({ load, over, ms: 300 });
}
process.send!("warm");
