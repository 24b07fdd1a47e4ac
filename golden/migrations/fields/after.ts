// Fields that have other names: read, written, taken apart, in texts and in types.
import { createNote, Notes, type Note, type NoteInit } from "../gen/fields/v1/notes_daemon.js";
import type { Plugin } from "crucible-runtime/daemon";

interface Other { title: string }

export async function put(plugin: Plugin, title: string): Promise<string> {
  const notes = plugin.client(Notes);
  const tags = [   "a", 'b' ];
  const { id: noteId, heading: shown, label: mainLabel } = await notes.put({ id: "1", heading: title, labels: tags, label: { name: title } });
  const other: Other = { title };   // not ours
  return noteId + shown + (mainLabel?.name ?? "") + other.title;
}

export function rename(note: Note, { heading: title }: Pick<Note, "heading" | "labels">): Note["id"] {
  note.heading = title;
  note["labels"].push(note.heading);
  const init: NoteInit = { "heading": note.heading.trim() };
  return createNote(init).id;
}
