// Through a path of tsconfig.json; a name that is taken here already stays.
import { createNote, type Note } from "@gen/aliases/v1/notes_codec.js";
import { type Note as Other, decodeNote } from "../gen/aliases/v1/notes_codec.js";

interface Memo extends Note {
  readonly read: boolean;
}

export const read = (bytes: Uint8Array): Memo => ({ ...decodeNote(bytes), read: true });
export const empty: Other = createNote({ $typeName: "aliases.v1.Note", text: "" });
