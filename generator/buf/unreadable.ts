// What buf does not tell, or not well, of schemas that it cannot read.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { CodeGeneratorRequest, FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { GeneratorError, type Mistake, mistake } from "../errors.js";
import type { Workspace } from "./workspace.js";

/**
 * buf takes a file for empty that it cannot decode from its first byte on, such as one in UTF-16; what was generated from it
 * would go.
 *
 * @throws GeneratorError for each such file.
 */
export function refuseOtherEncodings(
  { protoFile, fileToGenerate }: CodeGeneratorRequest,
  workspace: Workspace,
  cwd: string,
): void {
  const wanted = new Set(fileToGenerate);
  const mistakes = protoFile.flatMap((file): Mistake[] => {
    if (!wanted.has(file.name) || !isEmptyFile(file)) return [];
    const path = workspace.locate(file.name);
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(resolve(cwd, path)));
      return [];
    } catch {
      return [{ location: { path, line: 1, column: 1 }, message: "it is no UTF-8: save it as that" }];
    }
  });
  if (mistakes.length > 0) throw new GeneratorError(mistakes);
}

/**
 * buf does not name the link that it cannot follow.
 *
 * @throws GeneratorError with the first one, when there is one.
 */
export function refuseLoops(folders: readonly string[], cwd: string): void {
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isSymbolicLink() || !leadsBack(path)) continue;
      throw mistake(`${relative(cwd, path).replaceAll("\\", "/")} is a link that leads back to itself: remove it`);
    }
  }
}

function leadsBack(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ELOOP";
  }
}

function isEmptyFile(file: FileDescriptorProto): boolean {
  const { package: name, dependency, messageType, enumType, service, extension, options } = file;
  const lists = [dependency, messageType, enumType, service, extension];
  return name === "" && options === undefined && lists.every(({ length }) => length === 0);
}
