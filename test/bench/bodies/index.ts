import { fileURLToPath } from "node:url";
import type { Node } from "../nodes.js";
import { figures, median } from "../numbers.js";
import type { BarGroup, BenchResult } from "../report/result.js";
import { Worker } from "../workers.js";
import { largestMessage, pieceBytes } from "./sizes.js";
import type { Asked, Measured } from "./worker.js";

const turns = 5;
const turnMs = 120;
const carriers = ["crucible", "raw"] as const;
/** By the name of their ratio. */
const sizes = {
  body1: 1,
  body1k: 1024,
  body64k: 65_536,
  body1m: 1_048_576,
  body16m: 16_777_216,
  body256m: largestMessage,
  body1g: 1_073_741_824,
} as const;
/** From here on a body is larger than what the processes have at hand, so that their peaks tell of it. */
const peaksFrom = sizes.body16m;

/** How the cost of one body grows with its size, beside a bare socket between the same two processes. */
export async function benchBodies(nodes: readonly Node[]): Promise<BenchResult> {
  const script = fileURLToPath(new URL("worker.js", import.meta.url));
  const rows: string[][] = [["", "ours, each", "raw, each", "ours, MB/s", "raw, MB/s", "peak, MiB", "× body"]];
  const ratios: Record<string, number | null> = {};
  const groups: BarGroup[] = [];
  for (const node of nodes) {
    const worker = await Worker.start<Asked, Measured>(node, script, "crucible and raw");
    try {
      for (const [name, size] of Object.entries(sizes)) {
        const samples: Record<(typeof carriers)[number], Measured[]> = { crucible: [], raw: [] };
        for (let turn = 0; turn < turns; turn++) {
          for (const over of carriers) samples[over].push(await worker.ask({ size, over, ms: turnMs }));
        }
        const each = carriers.map((over) => median(samples[over].map((one) => one.each)));
        const rates = each.map((ms) => size / ms / 1000);
        const peak = median(samples.crucible.map((one) => one.peakBytes));
        const label = `${sizeText(size)}${size > largestMessage ? ", a stream" : ""} @${node.major}`;
        rows.push([
          label,
          ...each.map(timeText),
          ...rates.map((rate) => (rate >= 100 ? rate.toFixed(0) : String(figures(rate)))),
          Number.isNaN(peak) ? "–" : (peak / 1_048_576).toFixed(0),
          Number.isNaN(peak) || size < peaksFrom ? "–" : (peak / size).toFixed(2),
        ]);
        groups.push({ label, values: rates });
        const compared = samples.crucible.map((one, i) => samples.raw[i]!.each / one.each);
        ratios[`${name}/raw@${node.major}`] = figures(median(compared));
        if (size >= peaksFrom) {
          ratios[`peak${name.slice(4)}/body@${node.major}`] = Number.isNaN(peak) ? null : figures(peak / size);
        }
      }
    } finally {
      worker.end();
    }
  }
  return {
    method,
    rows,
    ratios,
    versions: {},
    chart: { title: "Bodies by size", axis: "MB a second; longer is better", series: carriers, groups },
  };
}

function sizeText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  const unit = Math.floor(Math.log2(bytes) / 10);
  return `${bytes / 1024 ** unit} ${units[unit]!}`;
}

function timeText(ms: number): string {
  return ms >= 1 ? `${figures(ms)} ms` : `${figures(ms * 1000)} µs`;
}

const method = `One body after another from the plugin to the daemon over one Unix socket, as the answer of a call; the largest is a
stream of messages of ${pieceBytes / 1_048_576} MiB, since a message of more than ${largestMessage / 1_048_576} MiB wants room for all of it on both sides. "raw" is a bare socket between
the same two processes, whose reader counts and drops. Medians of ${turns} turns of at least ${turnMs} ms, in turns. "peak" is what both processes of ours took
together at their peak beyond what they had before; \`peak…/body\` is that over the size of the body.`;
