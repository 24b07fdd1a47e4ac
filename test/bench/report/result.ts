/** Bars that belong together, such as all peers at one message. */
export interface BarGroup {
  readonly label: string;
  /** What each series has here; null where it has nothing. */
  readonly values: readonly (number | null)[];
}

/** A chart of horizontal bars. */
export interface Chart {
  readonly title: string;
  /** What the numbers are, and which way is better. */
  readonly axis: string;
  /** What the bars of a group stand for, in their order; ours is the first. */
  readonly series: readonly string[];
  readonly groups: readonly BarGroup[];
}

/** What a benchmark hands over. */
export interface BenchResult {
  /** What is measured and how, in Markdown: the paragraph above the table. */
  readonly method: string;
  /** A table, its head first. */
  readonly rows: readonly (readonly string[])[];
  /** `<metric>/<peer>@<node>`: ours over the peer's, so that higher is better for rates and lower for times and sizes. */
  readonly ratios: Readonly<Record<string, number | null>>;
  /** Packages (or their folders) that were measured against, by the name used in the ratios. */
  readonly versions: Readonly<Record<string, string>>;
  readonly chart: Chart;
}
