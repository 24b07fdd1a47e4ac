import { toJson } from "@bufbuild/protobuf";
import { CrucibleError, type HandlerContext } from "crucible-runtime/plugin";
import { MemoSchema, type Memo as PbNote } from "../gen/messages/v1/notes_pb.js";
import {
  createMemo,
  decodeMemo,
  encodeMemo, // and back
  type ListNotesRequest,
  type ListResponseInit,
  type Memo,
  MemoCodec,
  type MemoInit,
  NotesPlugin,
} from "../gen/messages/v1/notes_plugin.js";
import * as notes from "../gen/messages/v1/notes_codec.js";

export { type Memo as Note } from "../gen/messages/v1/notes_codec.js";
export type { MemoInit as Init };

export class MemoryNotes extends NotesPlugin {
  readonly #notes = new Map<string, Memo>();

  list(request: ListNotesRequest, _context: HandlerContext): ListResponseInit {
    if (request.limit === 0) throw new CrucibleError("LIMIT_MISSING", "messages.v1.Memo");
    return { notes: [...this.#notes.values()] };
  }

  put(note: Memo): MemoInit {
    const copy: PbNote = decodeMemo(encodeMemo(note));
    this.#notes.set(note.id, createMemo(copy));
    return notes.createMemo({ id: MemoCodec.typeName, text: JSON.stringify(toJson(MemoSchema, note)) }) satisfies notes.Memo;
  }
}
