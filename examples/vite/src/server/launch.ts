import type { Daemon } from "crucible-runtime/daemon";
import { Guestbook } from "../../gen/guestbook/v1/guestbook_daemon.js";

/** Launches the plugin. It ends with the daemon. */
export async function launchGuestbook(daemon: Daemon): Promise<Guestbook> {
  const plugin = await daemon.launch({
    id: "guestbook",
    command: [process.execPath, "dist/src/guestbook.js"],
  });
  return plugin.client(Guestbook);
}
