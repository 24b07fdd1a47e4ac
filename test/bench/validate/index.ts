import { fileURLToPath } from "node:url";
import { figures, median } from "../numbers.js";
import type { Node } from "../nodes.js";
import type { BarGroup, BenchResult } from "../report/result.js";
import { sampleInTurns, speedup } from "../workers.js";
import { validatorNames } from "./validators.js";

const rounds = 11;
const [ours, peer] = validatorNames;

/** Checking valid messages against their rules. */
export async function benchValidate(nodes: readonly Node[]): Promise<BenchResult> {
  const script = fileURLToPath(new URL("worker.js", import.meta.url));
  const rows: string[][] = [["", ...validatorNames, `× ${peer}`]];
  const ratios: Record<string, number> = {};
  const groups: BarGroup[] = [];
  for (const node of nodes) {
    const samples = await sampleInTurns(node, script, validatorNames, ["validate-request", "validate-note"], rounds);
    for (const [id, ofPeers] of Object.entries(samples)) {
      const times = validatorNames.map((name) => median(ofPeers[name]!));
      const ratio = figures(speedup(ofPeers, ours, peer));
      ratios[`${id}/${peer}@${node.major}`] = ratio;
      rows.push([`${id} @${node.major}`, ...times.map((ns) => `${figures(ns)} ns`), ratio.toFixed(1)]);
      groups.push({ label: `${id} @${node.major}`, values: times });
    }
  }
  return {
    method: `Time to check one valid message, medians of ${rounds} samples in turns, each peer in a process of its own: a
request with rules on two fields, and a note with rules on all of its fields, patterns and formats among them. Both find the same
violations in messages that break rules.`,
    rows,
    ratios,
    versions: { "protovalidate-es": "@bufbuild/protovalidate", "protobuf-es": "@bufbuild/protobuf" },
    chart: {
      title: "Validators",
      axis: "nanoseconds for one message; shorter is better",
      series: validatorNames,
      groups,
    },
  };
}
