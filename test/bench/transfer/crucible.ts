import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDaemon } from "crucible-runtime/daemon";
import { Transfer } from "../gen/bench/v1/transfer_daemon.js";
import { TransferService } from "../gen/bench/v1/transfer_service.js";
import { response } from "../calls/workload.js";
import { bodyOf, checkBody, type Peer } from "./workload.js";

function* repeat<T>(one: T, count: number): Generator<T> {
  for (let i = 0; i < count; i++) yield one;
}

/** How the bodies of ours travel: over the socket, or through shared memory in one of the ways that there are. */
export type Carrier = "socket" | "handoff" | "in-place" | "view";

/** Room for the largest bodies that are measured. */
const mostBytes = 134_217_728;

/** Ours, with createDaemon and serve as they come: checksum, credit and validation on. */
export const crucible = (carrier: Carrier): Peer => ({
  async connect() {
    const folder = mkdtempSync(join(tmpdir(), "crucible-bench-"));
    const daemon = await createDaemon({
      name: "bench",
      stateDirectory: join(folder, "state"),
      socketDirectory: join(folder, "sockets"),
      limits: { maxMessageBytes: mostBytes },
      handoff: {
        use: carrier === "socket" ? "off" : "on",
        arenaBytes: 2 * mostBytes,
        views: carrier === "view" ? [TransferService.methods.fetch.name] : [],
      },
    });
    const plugin = await daemon.launch({
      id: "bench",
      command: [process.execPath, fileURLToPath(new URL("crucible-plugin.js", import.meta.url))],
      env: { BENCH_IN_PLACE: carrier === "in-place" || carrier === "view" ? "1" : undefined },
    });
    const transfer = plugin.client(Transfer);
    return {
      pids: [plugin.pid],
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
      async write(count, size) {
        const written = await transfer.write(repeat({ data: bodyOf(size) }, count));
        if (written.size !== BigInt(count * size)) throw new Error(`${written.size} bytes came`);
      },
      async echo(count, size) {
        const data = bodyOf(size);
        for (let i = 0; i < count; i++) checkBody((await transfer.echo({ data })).data, size);
      },
      async fetch(count, size) {
        for (let i = 0; i < count; i++) {
          const { data } = await transfer.fetch({ size });
          checkBody(data, size);
          plugin.releaseView(data);
        }
      },
      async close() {
        await daemon.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
});
