import { toJson } from "@bufbuild/protobuf";
import { CrucibleError, type HandlerContext } from "crucible-runtime/plugin";
import { NoteSchema, type Note as PbNote } from "../gen/messages/v1/notes_pb.js";
import {
  createNote,
  decodeNote,
  encodeNote, // and back
  type ListRequest,
  type ListResponseInit,
  type Note,
  NoteCodec,
  type NoteInit,
  NotesPlugin,
} from "../gen/messages/v1/notes_plugin.js";
import * as notes from "../gen/messages/v1/notes_codec.js";

export { type Note } from "../gen/messages/v1/notes_codec.js";
export type { NoteInit as Init };

export class MemoryNotes extends NotesPlugin {
  readonly #notes = new Map<string, Note>();

  list(request: ListRequest, _context: HandlerContext): ListResponseInit {
    if (request.limit === 0) throw new CrucibleError("LIMIT_MISSING", "messages.v1.Note");
    return { notes: [...this.#notes.values()] };
  }

  put(note: Note): NoteInit {
    const copy: PbNote = decodeNote(encodeNote(note));
    this.#notes.set(note.id, createNote(copy));
    return notes.createNote({ id: NoteCodec.typeName, text: JSON.stringify(toJson(NoteSchema, note)) }) satisfies notes.Note;
  }
}
