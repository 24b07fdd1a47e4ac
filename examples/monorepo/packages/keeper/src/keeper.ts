// Launches the lamp, which is a package of its own, and hands out its client.
import { fileURLToPath } from "node:url";
import { Lamp } from "@lighthouse/schema/lighthouse/v1/lamp_daemon.js";
import type { Daemon } from "crucible-runtime/daemon";

/** The program of the plugin, wherever npm has put its package. */
const program = fileURLToPath(import.meta.resolve("@lighthouse/lamp"));

/** Launches the plugin. It ends with the daemon. */
export async function lightUp(daemon: Daemon): Promise<Lamp> {
  const plugin = await daemon.launch({
    id: "lamp",
    command: [process.execPath, program],
  });
  return plugin.client(Lamp);
}
