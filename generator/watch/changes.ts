// Which .proto files give other output than before: those whose descriptors differ, and whoever imports them.
import type { CodeGeneratorRequest, FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import type { BuiltInput } from "../buf/build.js";

/** The encoded descriptors of an image by the path of their .proto. */
export type Descriptors = ReadonlyMap<string, Uint8Array>;

/** The descriptors of an input, each where it lies in the image. */
export function descriptorsOf({ files, request }: Pick<BuiltInput, "files" | "request">): Descriptors {
  return new Map(request.protoFile.map(({ name }, i) => [name, files[i]!]));
}

/** The files that differ from before, are new, or import such a file, however far away. */
export function affectedFiles(before: Descriptors, now: Descriptors, request: CodeGeneratorRequest): Set<string> {
  const affected = new Set<string>();
  // Imports come before those who import them.
  for (const file of request.protoFile) {
    const old = before.get(file.name);
    const differs = old === undefined || Buffer.compare(old, now.get(file.name)!) !== 0;
    if (differs || file.dependency.some((name) => affected.has(name))) affected.add(file.name);
  }
  return affected;
}

/** Files with all that they import, imports first. */
export function closureOf(files: ReadonlySet<string>, request: CodeGeneratorRequest): FileDescriptorProto[] {
  const needed = new Set(files);
  return request.protoFile
    .toReversed()
    .filter((file) => {
      if (!needed.has(file.name)) return false;
      for (const name of file.dependency) needed.add(name);
      for (const name of file.optionDependency ?? []) needed.add(name);
      return true;
    })
    .toReversed();
}
