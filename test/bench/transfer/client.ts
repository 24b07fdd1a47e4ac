// Measures one peer in two fresh processes, a short turn at a time as its parent asks. Usage: fork("client.js", [PEER, TURNS]),
// where TURNS is the JSON of the turns that it will be asked for: what it warms up.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { place } from "../placing.js";
import { startServer } from "../serving.js";
import { loadPeer } from "./peers.js";
import { measureTurns, type Turn } from "./workload.js";

const [name, turns] = process.argv.slice(2) as [string, string];
const peer = await loadPeer(name);
const folder = mkdtempSync(join(tmpdir(), "crucible-bench-peer-"));
const path = join(folder, "peer.sock");
const script = fileURLToPath(new URL("server.js", import.meta.url));
const server = peer.serve === undefined ? undefined : await startServer(script, name, path);
const client = await peer.connect(path);
place(
  [process.pid, server?.pid, ...(client.pids ?? [])].filter((pid) => pid !== undefined),
  "apart",
);
const measure = measureTurns(client);

process.on("message", (turn: Turn) => {
  void measure(turn).then((measured) => process.send!(measured));
});
process.on("disconnect", () => {
  void client.close().then(() => {
    server?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  });
});
for (const turn of JSON.parse(turns) as readonly Turn[]) {
  // Short ones, from which it learns how much a turn takes, and then what the compiler needs.
  for (const ms of [20, 50, 100, 300]) await measure({ ...turn, ms });
}
process.send!("warm");
