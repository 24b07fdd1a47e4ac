import { type GoPeer, startGo } from "../peers/go.js";
import type { Peer } from "./workload.js";

/** Go's gRPC, or ttrpc, over a Unix socket, with a deadline and metadata on each call as ours. The client in Go takes the time. */
export const go = (name: GoPeer): Peer => ({
  async connect(path) {
    const pair = await startGo(name, path);
    return {
      pids: pair.pids,
      throughput: async (inFlight, ms) => Number(await pair.ask("throughput", inFlight, ms)),
      latencies: async (ms) => Float64Array.from((await pair.ask("latencies", 1, ms)).trim().split(" "), Number),
      close: async () => pair.close(),
    };
  },
});
