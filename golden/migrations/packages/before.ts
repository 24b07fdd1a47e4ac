import type { Plugin } from "crucible-runtime/daemon";
import { Notes } from '../gen/packages/v1/notes_daemon.js'
import type { Note } from "../gen/packages/v1/notes_pb.js";

export type Lazy = typeof import("../gen/packages/v1/notes_codec.js");
export const load = async (): Promise<Lazy> => import("../gen/packages/v1/notes_codec.js");
export const get = (plugin: Plugin): Promise<Note> => plugin.client(Notes).get({ $typeName: "packages.v1.Note", id: "1" });
