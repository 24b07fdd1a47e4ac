// A mark of byte order, and lines that end as on Windows.
import type { Note } from "../gen/marks/v1/note_pb.js";

export const heading = ({ title }: Note): string => `“${title}”`;
