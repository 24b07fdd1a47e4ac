// Fields that have other names: read, written, taken apart, in texts and in types.
import { createNote, Notes, type Note, type NoteInit } from "../gen/fields/v1/notes_daemon.js";
import type { Plugin } from "crucible-runtime/daemon";

interface Other { title: string }

export async function put(plugin: Plugin, title: string): Promise<string> {
  const notes = plugin.client(Notes);
  const tags = [   "a", 'b' ];
  const { noteId, title: shown, mainLabel } = await notes.put({ noteId: "1", title, tags, mainLabel: { text: title } });
  const other: Other = { title };   // not ours
  return noteId + shown + (mainLabel?.text ?? "") + other.title;
}

export function rename(note: Note, { title }: Pick<Note, "title" | "tags">): Note["noteId"] {
  note.title = title;
  note["tags"].push(note.title);
  const init: NoteInit = { "title": note.title.trim() };
  return createNote(init).noteId;
}
