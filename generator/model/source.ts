import type { FileDescriptorProto, SourceCodeInfo_Location } from "@bufbuild/protobuf/wkt";
import type { SourceLocation } from "./model.js";

/** Comments and places of the elements of one file, by their path in the file's descriptor. */
export interface Source {
  comment(path: readonly number[]): string;
  /** The place of the element or, when the compiler did not record one, of the nearest thing around it. */
  location(path: readonly number[]): SourceLocation;
  /**
   * The place of the `option` statement that sets something.
   *
   * @param options path of the options message.
   * @param rest from there to what is set.
   */
  optionLocation(options: readonly number[], rest: readonly number[]): SourceLocation;
}

/** Reads what the compiler recorded of the source. Nothing is indexed for files that are only imported. */
export function readSource(file: FileDescriptorProto, wanted: boolean): Source {
  const byPath = new Map<string, SourceCodeInfo_Location[]>();
  if (wanted) {
    for (const location of file.sourceCodeInfo?.location ?? []) {
      const key = location.path.join(".");
      const list = byPath.get(key);
      if (list === undefined) byPath.set(key, [location]);
      else list.push(location);
    }
  }
  // The first is the declaration; a repeated path comes from an `extend` block or an option written in parts.
  const first = (path: readonly number[]): SourceCodeInfo_Location | undefined => byPath.get(path.join("."))?.[0];
  const place = (location: SourceCodeInfo_Location | undefined): SourceLocation => {
    const [line = -1, column = -1] = location?.span ?? [];
    return Object.freeze({ path: file.name, line: line + 1, column: column + 1 });
  };
  const nearest = (path: readonly number[]): SourceCodeInfo_Location | undefined => {
    for (let length = path.length; length > 0; length--) {
      const location = first(path.slice(0, length));
      if (location !== undefined) return location;
    }
    return undefined;
  };
  return {
    comment(path) {
      const location = first(path);
      if (location === undefined) return "";
      return [location.leadingComments, location.trailingComments].map(tidy).filter(Boolean).join("\n\n");
    },
    location: (path) => place(nearest(path)),
    optionLocation(options, rest) {
      // protoc says that an option begins at `option`, buf at its name; both record the whole statement alike.
      const at = nearest([...options, ...rest]);
      const line = at?.span[0];
      const statement = byPath
        .get(options.join("."))
        ?.findLast(({ span }) => line !== undefined && (span[0] ?? 0) <= line);
      return place(statement ?? at);
    },
  };
}

/** Takes the space after the comment mark, and empty lines around the text, away. */
function tidy(comment: string): string {
  const lines = comment.split(/\r\n|\r|\n/).map((line) => line.replace(/^ /, "").trimEnd());
  while (lines.length > 0 && lines[0] === "") lines.shift();
  while (lines.length > 0 && lines.at(-1) === "") lines.pop();
  return lines.join("\n");
}
