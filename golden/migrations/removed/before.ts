import type { Plugin } from "crucible-runtime/daemon";
import { createGone, Notes } from "../gen/removed/v1/note_daemon.js";

export async function use(plugin: Plugin): Promise<string> {
  const notes = plugin.client(Notes);
  await notes.drop(createGone({ a: 1 }));
  await notes.watch({ id: "1" });
  return (await notes.get({ id: "1", text: "" })).text;
}
