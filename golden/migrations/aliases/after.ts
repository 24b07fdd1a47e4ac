// Through a path of tsconfig.json; a name that is taken here already stays.
import { createMemo, type Memo as Note } from "@gen/aliases/v1/notes_codec.js";
import { type Memo as Other, decodeMemo } from "../gen/aliases/v1/notes_codec.js";

interface Memo extends Note {
  readonly read: boolean;
}

export const read = (bytes: Uint8Array): Memo => ({ ...decodeMemo(bytes), read: true });
export const empty: Other = createMemo({ $typeName: "aliases.v1.Memo", text: "" });
