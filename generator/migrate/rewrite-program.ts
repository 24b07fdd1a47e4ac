// All files of the user, with the parser and the types: loaded only when there is something to migrate.
import { join } from "node:path";
import { ts } from "ts-morph";
import { modulePath } from "../targets/typescript/context.js";
import { applyEdits, type Edit } from "../skeleton/edits.js";
import { collectDeclarations, type Declarations } from "./declarations.js";
import { rewriteImports } from "./imports.js";
import { createLookup } from "./lookup.js";
import type { Fate, FileFates } from "./names.js";
import { createPlaces } from "./places.js";
import { loadProgram } from "./program.js";
import { type ByHand, rewriteFile, type Words } from "./rewrite.js";

/** What is needed to rewrite a program. */
export interface ProgramRewrite {
  readonly cwd: string;
  readonly project: string | undefined;
  readonly overlay: ReadonlyMap<string, string>;
  readonly fates: readonly FileFates[];
  readonly oldOut: string;
  readonly newOut: string;
  readonly schema: ReadonlyMap<string, string>;
}

/** What becomes of one file of the user. */
export interface RewrittenFile {
  /** Absolute. */
  readonly path: string;
  readonly edits: readonly Edit[];
  readonly byHand: readonly ByHand[];
}

/**
 * Rewrites all files of a program; nothing is written.
 *
 * @throws GeneratorError when the program cannot be read.
 */
export function rewriteProgram(request: ProgramRewrite): RewrittenFile[] {
  const program = loadProgram(request);
  const declarations: Declarations = { fates: new Map(), cases: new Map() };
  for (const names of request.fates) {
    for (const kind of ["pb", "codec", "validate", "service", "daemon", "plugin"] as const) {
      const file = program.generated(join(request.oldOut, `${modulePath(names.old, kind)}.ts`));
      if (file !== undefined) collectDeclarations(file, names, declarations);
    }
  }
  const lookup = createLookup(program.checker, declarations);
  const places = createPlaces(request.fates, request.oldOut, request.newOut);
  const words = wordsOf(request.fates, request.schema);
  const skipped = program.unreadable.map((path) => ({
    path,
    edits: [],
    byHand: [{ line: 1, column: 1, message: "this file is no UTF-8 and was not looked at: save it as UTF-8" }],
  }));
  const rewritten = program.files.map((file) => {
    const imports = rewriteImports(file, program.checker, lookup, places);
    const names = rewriteFile(file, program.checker, lookup, words);
    const edits = [...imports.edits, ...names.edits];
    const byHand = [...imports.byHand, ...names.byHand].toSorted((a, b) => a.line - b.line || a.column - b.column);
    const broken = edits.length > 0 && !isWhole(file, edits);
    if (!broken) return { path: file.fileName, edits, byHand };
    const message = "this file cannot be changed without breaking its syntax: change it by hand";
    return { path: file.fileName, edits: [], byHand: [{ line: 1, column: 1, message }] };
  });
  return [...rewritten, ...skipped];
}

/** Whether a file that had no mistakes of syntax has none with its edits. */
function isWhole(file: ts.SourceFile, edits: readonly Edit[]): boolean {
  const parse = (text: string): number =>
    (
      ts.createSourceFile(file.fileName, text, ts.ScriptTarget.Latest) as ts.SourceFile & {
        parseDiagnostics: readonly unknown[];
      }
    ).parseDiagnostics.length;
  return parse(applyEdits(file.text, edits)) <= parse(file.text);
}

/** Only what has another name, another type or none at all is looked for. */
function wordsOf(files: readonly FileFates[], schema: ReadonlyMap<string, string>): Words {
  const names = new Set<string>();
  const cases = new Set<string>();
  const differs = (name: string, fate: Fate): boolean =>
    fate.name !== name || [fate.conversion, fate.instead, fate.note].some((part) => part !== undefined);
  for (const file of files) {
    for (const table of [file.exports, ...file.keys.values(), ...file.methods.values()]) {
      for (const [name, fate] of table) if (differs(name, fate)) names.add(name);
    }
    for (const { properties, cases: own } of file.members.values()) {
      for (const [name, fate] of properties) if (differs(name, fate)) names.add(name);
      for (const [text, fate] of [...own.values()].flatMap((table) => [...table])) {
        if (fate.name !== text) cases.add(text);
        if (fate.conversion !== undefined) names.add("value");
      }
    }
  }
  return { names, cases, schema };
}
