import type { Peer } from "./workload.js";

/** Loads a peer by name: a process loads the one it measures and no other. */
export async function loadPeer(name: string): Promise<Peer> {
  switch (name) {
    case "crucible":
      return (await import("./crucible.js")).crucible();
    case "crucible-sealed":
      return (await import("./crucible.js")).crucible("everything");
    case "child_process":
      return (await import("./child-process.js")).childProcess;
    case "connect-node":
      return (await import("./connect-node.js")).connectNode;
    case "go-grpc":
    case "ttrpc":
      return (await import("./go.js")).go(name);
    case "grpc-js":
      return (await import("./grpc-js.js")).grpcJs;
    case "raw":
      return (await import("./raw.js")).raw(false);
    case "raw-batched":
      return (await import("./raw.js")).raw(true);
    case "vscode-jsonrpc":
      return (await import("./vscode-jsonrpc.js")).vscodeJsonrpc;
    case "ws":
      return (await import("./ws.js")).ws;
    default:
      throw new Error(`no peer is called ${name}`);
  }
}

/** Ours first. Those of `near` are what aims are close to: they take part in all rounds, the others in the first ones. */
export const peerNames = [
  "crucible",
  "raw",
  "raw-batched",
  "ttrpc",
  "ws",
  "child_process",
  "go-grpc",
  "vscode-jsonrpc",
  "grpc-js",
  "connect-node",
] as const;
export const near: readonly string[] = peerNames.slice(0, 4);
