import type { Peer } from "./workload.js";

/** Loads a peer by name: a process loads the one it measures and no other. */
export async function loadPeer(name: string): Promise<Peer> {
  switch (name) {
    case "crucible":
    case "socket":
      return (await import("./crucible.js")).crucible("socket");
    case "handoff":
    case "in-place":
    case "view":
      return (await import("./crucible.js")).crucible(name);
    case "go-grpc":
    case "ttrpc":
      return (await import("./go.js")).go(name);
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
