import type { Node } from "../nodes.js";
import { median } from "../numbers.js";
import type { BarGroup, BenchResult } from "../report/result.js";
import { measureRounds } from "../transfer/rounds.js";
import { ratioOf, type Turn } from "../transfer/workload.js";

const rounds = 3;
const times = 6;
const ms = 80;
const mebibyte = 1_048_576;
const sizes = [1, 4, 16, 64] as const;
const carriers = ["handoff", "in-place", "view", "socket", "raw"] as const;
const turns: readonly Turn[] = sizes.map((size) => ({ kind: "fetch", size: size * mebibyte, ms }));

/** Large bodies through shared memory, against the same over the socket. */
export async function benchHandoff(nodes: readonly Node[]): Promise<BenchResult> {
  const rows: string[][] = [["ms for one body", ...sizes.map((size) => `${size} MiB`)]];
  const ratios: Record<string, number | null> = {};
  const groups: BarGroup[] = [];
  for (const node of nodes) {
    const rates = await measureRounds(node, carriers, turns, rounds, times);
    const took = (carrier: string, i: number): number => (turns[i]!.size / median(rates[i]![carrier]!)) * 1000;
    for (const [i, size] of sizes.entries()) {
      groups.push({ label: `${size} MiB @${node.major}`, values: carriers.map((carrier) => took(carrier, i)) });
    }
    for (const carrier of carriers) {
      rows.push([`${carrier} @${node.major}`, ...sizes.map((_, i) => took(carrier, i).toFixed(2))]);
      if (carrier === "socket" || carrier === "raw") continue;
      for (const [i, size] of sizes.entries()) {
        for (const peer of ["socket", "raw"]) {
          ratios[`${carrier}${size}m/${peer}@${node.major}`] = ratioOf(rates[i]![carrier]!, rates[i]![peer]);
        }
      }
    }
  }
  return {
    method,
    rows,
    ratios,
    versions: { koffi: "koffi" },
    chart: { title: "Large bodies", axis: "ms for one body; shorter is better", series: carriers, groups },
  };
}

const method = `A unary call whose answer is one \`bytes\` field, from the plugin to the daemon, one in flight: from the call to
the decoded answer, whose last byte is looked at. "socket" is ours with handoff off; "handoff" the same program with it on: the
plugin has its body in memory of its own, the daemon gets one in memory of its own. "in-place": the plugin has made it in a
SharedBuffer, which is not measured. "view": that, and the daemon looks at it where it lies. The main threads of the two
processes have a processor each. "raw" is a bare socket with as many bytes, which its reader counts and drops. Medians of ${rounds * times} turns of about ${ms} ms in which the peers follow one another, in
${rounds} pairs of fresh processes for each.`;
