// `crucible-gen check`: whether what is checked in is what the schemas ask for. Nothing is written.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join, relative } from "node:path";
import { bumps, type Bump, type Change } from "../compare/change.js";
import { compare } from "../compare/compare.js";
import { printChange } from "../compare/print.js";
import { generate } from "../commands/generate.js";
import type { GenerateReport } from "../commands/generate-report.js";
import { createPaint } from "../commands/print.js";
import type { Progress } from "../commands/progress.js";
import { type ProjectOptions, slashes } from "../commands/project.js";
import { isSourceFolder, listFiles } from "../output/list.js";

/** What `crucible-gen check` can be told. */
export interface CheckOptions extends ProjectOptions {
  /** Whether files of the user below `src` are looked at. */
  readonly skeleton: boolean;
  /** The version to compare the schemas with; undefined for none. */
  readonly against: string | undefined;
  /** What was renamed since, as `old=new`. */
  readonly renames: readonly string[];
  /** The greatest version number that changes may ask for. */
  readonly allow: Exclude<Bump, "none">;
  readonly progress?: Progress;
}

/** One thing to be put right. */
export interface CheckFinding {
  readonly kind:
    /** Of generated files. */
    | "missing"
    | "stale"
    | "half-written"
    | "unreadable"
    | "left-over"
    /** Of files of the user. */
    | "no-skeleton"
    | "missing-method"
    | "other-types"
    | "moved"
    | "conflict"
    /** Of the schemas. */
    | "breaking";
  readonly path: string;
  /** From 1; 0 for the file as a whole. */
  readonly line: number;
  readonly column: number;
  /** What is, and what to do about it: one line, without the place. */
  readonly message: string;
}

/** What was found. */
export interface CheckReport {
  readonly findings: readonly CheckFinding[];
  /** How many generated files are as they have to be. */
  readonly fresh: number;
  /** What the changes ask for; undefined when nothing was compared. */
  readonly bump: Bump | undefined;
  /** What one should know although nothing has to be done. */
  readonly notes: readonly string[];
}

const regenerate = `run "crucible-gen generate"`;

/**
 * Checks.
 *
 * @throws GeneratorError when the schemas cannot be compiled, or those to compare with.
 */
export async function check(options: CheckOptions): Promise<CheckReport> {
  const { progress, against } = options;
  const report = await generate({ ...options, dryRun: true, ...(progress === undefined ? {} : { progress }) });
  const findings = [...generatedFindings(report, options.cwd), ...sourceFindings(report)];
  let bump: Bump | undefined;
  if (against !== undefined) {
    const { changes, bump: total } = await compare({ ...options, against });
    bump = total;
    const allowed = bumps.indexOf(options.allow);
    findings.push(
      ...changes.filter((change) => bumps.indexOf(change.bump) > allowed).map((change) => breakingFinding(change)),
    );
  }
  const told = new Set(report.lacking.map(({ path }) => path));
  const notes = report.notes.filter((note) => ![...told].some((path) => note.startsWith(`${path} lacks `)));
  return { findings, fresh: report.unchanged, bump, notes };
}

function generatedFindings(report: GenerateReport, cwd: string): CheckFinding[] {
  const findings = report.written.map((path) => generatedFinding(path, cwd));
  if (report.config.written) {
    findings.unshift(file("missing", report.config.path, `missing: ${regenerate}, which writes it`));
  }
  const drafts = findDrafts(report.folders, cwd);
  for (const path of report.deleted.filter((one) => !drafts.includes(one))) {
    findings.push(file("left-over", path, `left over, no .proto gives it any more: ${regenerate}, or delete it`));
  }
  for (const path of drafts) {
    findings.push(file("left-over", path, "left over from a run that was killed: delete it"));
  }
  return findings;
}

/** What is wrong with a generated file that is not as it has to be. */
function generatedFinding(path: string, cwd: string): CheckFinding {
  let last: number | undefined;
  try {
    last = readLastByte(join(cwd, path));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "ENOENT") return file("missing", path, `missing: ${regenerate}`);
    return file("unreadable", path, `cannot be read (${code}): make it readable, or delete it and ${regenerate}`);
  }
  // What is generated always ends with a line break.
  if (last === undefined) return file("half-written", path, `half-written, it is empty: ${regenerate}`);
  if (last !== 10) return file("half-written", path, `half-written, it ends in the middle of a line: ${regenerate}`);
  return file("stale", path, `stale, the schema gives something else: ${regenerate}`);
}

function readLastByte(path: string): number | undefined {
  const handle = openSync(path, "r");
  try {
    const { size } = fstatSync(handle);
    const byte = Buffer.alloc(1);
    return size === 0 || readSync(handle, byte, 0, 1, size - 1) === 0 ? undefined : byte[0];
  } finally {
    closeSync(handle);
  }
}

/** Files that `generate` writes beside their places before it renames them. */
function findDrafts(folders: readonly string[], cwd: string): string[] {
  const all = folders.flatMap((folder) => listFiles(join(cwd, folder), isSourceFolder));
  return [...new Set(all)]
    .filter((path) => /\.[cm]?[jt]s\.\d+\.tmp$/.test(path))
    .map((path) => slashes(relative(cwd, path)));
}

function sourceFindings(report: GenerateReport): CheckFinding[] {
  return [
    ...report.skeletons.map((path) =>
      file(
        "no-skeleton",
        path,
        `missing, and no other class below src answers for its service: ${regenerate}, then fill it in`,
      ),
    ),
    ...report.moved.map(({ path, from }) =>
      file("moved", path, `imports from ${from}, which is not generated any more: ${regenerate}`),
    ),
    ...report.merged.flatMap(({ path, added, adjusted }) => [
      ...(added.length === 0
        ? []
        : [file("missing-method", path, `lacks ${added.join(", ")}: ${regenerate}, then fill in what it adds`)]),
      ...(adjusted.length === 0
        ? []
        : [file("other-types", path, `other types than the schema in ${adjusted.join(", ")}: ${regenerate}`)]),
    ]),
    ...report.lacking.map(({ path, methods, trouble }) =>
      file(
        "missing-method",
        path,
        `lacks ${methods.join(", ")} and cannot be changed by generate (${trouble}): write it there`,
      ),
    ),
    ...report.conflicts.map(({ path, line, column, method, after }): CheckFinding => {
      const message = `${method} answers in another way than the schema: change it to ${after.replaceAll(/\s+/g, " ").replace(/[ {]+$/, "")}`;
      return { kind: "conflict", path, line, column, message };
    }),
  ];
}

function breakingFinding(change: Change): CheckFinding {
  const text = printChange({ ...change, location: { path: "", line: 0, column: 0 } }, createPaint(false, {}));
  return { kind: "breaking", ...change.location, message: text.replace(/^: /, "") };
}

function file(kind: CheckFinding["kind"], path: string, message: string): CheckFinding {
  return { kind, path, line: 0, column: 0, message };
}
