import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDaemon } from "crucible-runtime/daemon";
import { Bench } from "../gen/bench/v1/bench_daemon.js";
import { measureCalls, type Peer, request } from "./workload.js";

const options = { metadata: { tenant: "bench" } };

/**
 * Ours, with createDaemon and serve as they come: checksum, deadline, credit and validation on, and metadata on each call.
 * What is sealed is as it comes too, which is nothing of these calls, unless it is everything.
 */
export const crucible = (encryption?: "everything"): Peer => ({
  async connect() {
    const folder = mkdtempSync(join(tmpdir(), "crucible-bench-"));
    const daemon = await createDaemon({
      name: "bench",
      stateDirectory: join(folder, "state"),
      socketDirectory: join(folder, "sockets"),
      ...(encryption === undefined ? {} : { encryption }),
    });
    const plugin = await daemon.launch({
      id: "bench",
      command: [process.execPath, fileURLToPath(new URL("crucible-plugin.js", import.meta.url))],
    });
    const bench = plugin.client(Bench);
    return {
      pids: [plugin.pid],
      ...measureCalls(() => bench.search(request, options)),
      async close() {
        await daemon.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
});
