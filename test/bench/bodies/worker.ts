// Measures bodies of one size after another in two fresh processes. Usage: fork("worker.js", [NAME])
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDaemon } from "crucible-runtime/daemon";
import { Transfer } from "../gen/bench/v1/transfer_daemon.js";
import { connectRaw } from "../transfer/raw.js";
import { checkBody } from "../transfer/workload.js";
import { largestMessage, pieceBytes } from "./sizes.js";

/** Bodies of `size`, one in flight, for about so long; those above `largestMessage` as streams of messages of `pieceBytes`. */
export interface Asked {
  readonly size: number;
  readonly over: "crucible" | "raw";
  readonly ms: number;
}

export interface Measured {
  /** Milliseconds for one body. */
  readonly each: number;
  /** What the two processes took at their peak beyond what they had before, together; NaN where the system does not tell. */
  readonly peakBytes: number;
}

const folder = mkdtempSync(join(tmpdir(), "crucible-bench-"));
const rawPath = join(folder, "raw.sock");
const daemon = await createDaemon({
  name: "bench",
  stateDirectory: join(folder, "state"),
  socketDirectory: join(folder, "sockets"),
  limits: { maxMessageBytes: 2 * largestMessage, maxIncompleteBytes: 4 * largestMessage },
});
const script = fileURLToPath(new URL("../latency/plugin.js", import.meta.url));
const plugin = await daemon.launch({ id: "bench", command: [process.execPath, script, rawPath] });
const transfer = plugin.client(Transfer);
const socket = await connectRaw(rawPath);

async function carry(size: number, over: Asked["over"]): Promise<void> {
  const streamed = size > largestMessage;
  if (over === "raw") {
    await socket.read(streamed ? size / pieceBytes : 1, streamed ? pieceBytes : size, false);
  } else if (streamed) {
    let left = size;
    for await (const { data } of transfer.read({ count: size / pieceBytes, size: pieceBytes })) {
      checkBody(data, pieceBytes);
      left -= pieceBytes;
    }
    if (left !== 0) throw new Error(`${left} bytes are missing`);
  } else {
    checkBody((await transfer.fetch({ size })).data, size);
  }
}

const pids = [process.pid, plugin.pid];

/** A field of /proc/PID/status in bytes: what is resident, or was at most since `forgetPeaks`. */
function resident(field: "VmRSS" | "VmHWM"): number {
  let sum = 0;
  for (const pid of pids) {
    try {
      const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
      sum += Number(kibibytes?.[1]) * 1024;
    } catch {
      return Number.NaN;
    }
  }
  return sum;
}

function forgetPeaks(): void {
  for (const pid of pids) {
    try {
      writeFileSync(`/proc/${pid}/clear_refs`, "5");
    } catch {
      // Not there, or not ours: the peak is then that of the whole run.
    }
  }
}

async function measure({ size, over, ms }: Asked): Promise<Measured> {
  forgetPeaks();
  const before = resident("VmRSS");
  const start = performance.now();
  let count = 0;
  do {
    await carry(size, over);
    count++;
  } while (performance.now() - start < ms);
  return { each: (performance.now() - start) / count, peakBytes: resident("VmHWM") - before };
}

process.on("message", (asked: Asked) => {
  void measure(asked).then((measured) => process.send!(measured));
});
process.on("disconnect", () => {
  socket.close();
  void daemon.close().then(() => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
});
for (const size of [1, 1024, 65_536, pieceBytes]) {
  for (const over of ["raw", "crucible"] as const) await measure({ size, over, ms: 300 });
}
process.send!("warm");
