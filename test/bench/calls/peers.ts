import type { Peer } from "./workload.js";

/** Loads a peer by name: a process loads the one it measures and no other. */
export async function loadPeer(name: string): Promise<Peer> {
  switch (name) {
    case "crucible":
      return (await import("./crucible.js")).crucible();
    case "crucible-sealed":
      return (await import("./crucible.js")).crucible("everything");
    case "grpc-js":
      return (await import("./grpc-js.js")).grpcJs;
    case "raw":
      return (await import("./raw.js")).raw(false);
    case "raw-batched":
      return (await import("./raw.js")).raw(true);
    default:
      throw new Error(`no peer is called ${name}`);
  }
}

export const peerNames = ["crucible", "raw", "raw-batched", "grpc-js"] as const;
