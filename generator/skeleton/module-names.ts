import { ts } from "ts-morph";
import type { Edit } from "./edits.js";

/**
 * Edits of module names in imports, re-exports and `import()`; what stands in comments and texts stays.
 *
 * @param follow the name that takes the place of another; undefined for one that stays.
 */
export function editImports(text: string, follow: (specifier: string) => string | undefined): Edit[] {
  return ts.preProcessFile(text, true, true).importedFiles.flatMap(({ fileName, pos }) => {
    // Behind the quote; one that is written with escapes is not found there.
    const start = pos + 1;
    const next = text.startsWith(fileName, start) ? follow(fileName) : undefined;
    return next === undefined ? [] : [{ start, end: start + fileName.length, text: next }];
  });
}
