import { Code, CrucibleError, type HandlerContext } from "crucible-runtime";
import { KilnHost } from "../../gen/knowledge/v1/kiln_daemon.js";
import type { GetNoteRequest, ListNotesRequest } from "../../gen/knowledge/v1/kiln_pb.js";
import type { NoteInit } from "../../gen/knowledge/v1/note_codec.js";
import type { Vault, VaultNote } from "../vault/vault.js";

/** Hands out the notes of a vault: what plugins call back. */
export class NoteKiln extends KilnHost {
  readonly #vault: Vault;
  readonly #onNote: (pluginId: string) => void;

  /** @param onNote is told of each note of a list that goes out, and to which plugin. */
  constructor(vault: Vault, onNote: (pluginId: string) => void) {
    super();
    this.#vault = vault;
    this.#onNote = onNote;
  }

  getNote({ id }: GetNoteRequest): NoteInit {
    const note = this.#vault.notes.get(id);
    if (note === undefined) {
      const message = `the vault has no note ${JSON.stringify(id)}; list the notes to see which it has`;
      throw new CrucibleError("NOTE_UNKNOWN", message, { code: Code.NotFound });
    }
    return toMessage(note);
  }

  async *listNotes(_request: ListNotesRequest, context: HandlerContext): AsyncGenerator<NoteInit> {
    for (const note of this.#vault.notes.values()) {
      yield toMessage(note);
      this.#onNote(context.peer.id);
    }
  }
}

/** A note as it travels. */
export function toMessage({ id, title, text, sizeBytes, modified }: VaultNote): NoteInit {
  const ms = modified.getTime();
  const seconds = Math.floor(ms / 1000);
  const nanos = Math.floor((ms - seconds * 1000) * 1_000_000);
  return { id, title, text, sizeBytes, modified: { seconds: BigInt(seconds), nanos } };
}
