import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDaemon } from "crucible-runtime/daemon";
import { Transfer } from "../gen/bench/v1/transfer_daemon.js";
import { response } from "../calls/workload.js";
import { bodyOf, checkBody, type Peer } from "./workload.js";

/** Ours, with createDaemon and serve as they come: checksum, credit and validation on. */
export const crucible: Peer = {
  async connect() {
    const folder = mkdtempSync(join(tmpdir(), "crucible-bench-"));
    const daemon = await createDaemon({
      name: "bench",
      stateDirectory: join(folder, "state"),
      socketDirectory: join(folder, "sockets"),
    });
    const plugin = await daemon.launch({
      id: "bench",
      command: [process.execPath, fileURLToPath(new URL("crucible-plugin.js", import.meta.url))],
    });
    const transfer = plugin.client(Transfer);
    return {
      async stream(count) {
        let left = count;
        for await (const { title } of transfer.find({ count })) {
          if (title !== response.title) throw new Error(`wrong title ${title}`);
          left--;
        }
        if (left !== 0) throw new Error(`${left} messages are missing`);
      },
      async read(count, size) {
        let left = count;
        for await (const { data } of transfer.read({ count, size })) {
          checkBody(data, size);
          left--;
        }
        if (left !== 0) throw new Error(`${left} bodies are missing`);
      },
      async echo(count, size) {
        const data = bodyOf(size);
        for (let i = 0; i < count; i++) checkBody((await transfer.echo({ data })).data, size);
      },
      async close() {
        await daemon.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};
