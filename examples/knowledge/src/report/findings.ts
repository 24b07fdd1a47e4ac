import type { Burst } from "../daemon/burst.js";
import type { Survey } from "../daemon/survey.js";
import type { Skipped } from "../vault/walk.js";

/** Everything a run has found: what `--json` prints. Times are in milliseconds, sizes in bytes. */
export interface Findings {
  readonly ok: true;
  readonly vault: {
    readonly place: string;
    readonly notes: number;
    readonly bytes: number;
    /** How many files were left out; the first of them, with the reason. */
    readonly skippedCount: number;
    readonly skipped: readonly Skipped[];
  };
  readonly daemon: { readonly pid: number; readonly socketDirectory: string };
  readonly plugins: readonly { readonly id: string; readonly pid: number; readonly launchMs: number }[];
  readonly index: { readonly ms: number; readonly terms: number; readonly changes: number };
  readonly links: {
    readonly links: number;
    readonly dangling: number;
    readonly orphans: Survey["orphans"];
    readonly mostLinked: Survey["mostLinked"];
    readonly walk: Survey["walk"];
  };
  readonly tasks: Survey["tasks"];
  readonly queries: Survey["queries"];
  readonly burst: { readonly queries: Burst; readonly lookups: Burst };
}
