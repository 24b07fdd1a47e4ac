// Café: no UTF-8.
import type { Note } from "../gen/latin/v1/note_pb.js";

export const heading = ({ title }: Note): string => title;
