// What a run of `generate` did, for who prints it.

/** What was done. Paths are relative to the working directory, with forward slashes. */
export interface GenerateReport {
  /** The template, and whether it was written now. */
  readonly config: { readonly path: string; readonly written: boolean };
  /** The folders that plugins write to. */
  readonly folders: readonly string[];
  /** Generated files that are new or have changed. */
  readonly written: readonly string[];
  /** How many generated files are as they were. */
  readonly unchanged: number;
  /** Generated files whose .proto is gone. */
  readonly deleted: readonly string[];
  /** Files of the user that were started for them. */
  readonly skeletons: readonly string[];
  /** Files of the user that have changed: methods that are new, methods whose types are others now. */
  readonly merged: readonly {
    readonly path: string;
    readonly added: readonly string[];
    readonly adjusted: readonly string[];
  }[];
  /** Files of the user whose imports follow `out`, each with the folder that they led to before. */
  readonly moved: readonly { readonly path: string; readonly from: string }[];
  /** Methods that only the user can change, as diffs of their heads. */
  readonly conflicts: readonly ConflictReport[];
  /** Files of the user that lack methods and could not be changed. */
  readonly lacking: readonly LackReport[];
  /** Of files of the user, in a dry run: what would change, as unified diffs. */
  readonly diffs: readonly string[];
  /** Whether nothing was done. */
  readonly dryRun: boolean;
  /** What the user should know: one line each. */
  readonly notes: readonly string[];
}

/** A method that answers in another way than the schema says now. */
export interface ConflictReport {
  readonly path: string;
  /** Where it begins, both from 1. */
  readonly line: number;
  readonly column: number;
  readonly method: string;
  /** Its head as it is, and as it has to be. */
  readonly before: string;
  readonly after: string;
}

/** A file of the user that only the user can bring up to its schema. */
export interface LackReport {
  readonly path: string;
  /** The methods that are missing, by their names in TypeScript. */
  readonly methods: readonly string[];
  /** Why it could not be changed. */
  readonly trouble: string;
}
