import { type GoPeer, startGo } from "../peers/go.js";
import type { Peer } from "./workload.js";

/** Go's gRPC, or ttrpc, over a Unix socket. */
export const go = (name: GoPeer): Peer => ({
  async connect(path) {
    const pair = await startGo(name, path);
    const ask = async (kind: string, count: number, size: number): Promise<void> => {
      const answer = await pair.ask(kind, count, size);
      if (answer !== "done") throw new Error(`the client of ${name} said ${answer}`);
    };
    return {
      pids: pair.pids,
      stream: (count) => ask("stream", count, 0),
      read: (count, size) => ask("read", count, size),
      write: (count, size) => ask("write", count, size),
      echo: (count, size) => ask("echo", count, size),
      close: async () => pair.close(),
    };
  },
});
