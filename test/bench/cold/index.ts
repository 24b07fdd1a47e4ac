import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { figures, median } from "../numbers.js";
import type { Node } from "../nodes.js";
import type { BarGroup, BenchResult } from "../report/result.js";
import { validatorNames } from "../validate/validators.js";

const run = promisify(execFile);
const rounds = 9;
const [ours, peer] = validatorNames;

/** Milliseconds. */
interface First {
  readonly validate: number;
  readonly withImport: number;
}

/** The first validation in a fresh process. */
export async function benchCold(nodes: readonly Node[]): Promise<BenchResult> {
  const script = fileURLToPath(new URL("first.js", import.meta.url));
  const rows: string[][] = [["", "first validation, ms", "with import, ms"]];
  const ratios: Record<string, number> = {};
  const groups: BarGroup[] = [];
  for (const node of nodes) {
    const samples = new Map<string, First[]>(validatorNames.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const name of validatorNames) {
        const { stdout } = await run(node.path, [script, name], { timeout: 30_000 });
        samples.get(name)!.push(JSON.parse(stdout) as First);
      }
    }
    const figure = (name: string, key: keyof First): number => median(samples.get(name)!.map((one) => one[key]));
    for (const name of validatorNames) {
      rows.push([`${name} @${node.major}`, figure(name, "validate").toFixed(2), figure(name, "withImport").toFixed(2)]);
    }
    const ratio = (key: keyof First): number =>
      figures(median(samples.get(ours)!.map((one, i) => one[key] / samples.get(peer)![i]![key])));
    ratios[`cold-validate/${peer}@${node.major}`] = ratio("validate");
    ratios[`cold-import-validate/${peer}@${node.major}`] = ratio("withImport");
    groups.push(
      { label: `validation @${node.major}`, values: validatorNames.map((name) => figure(name, "validate")) },
      { label: `and import @${node.major}`, values: validatorNames.map((name) => figure(name, "withImport")) },
    );
  }
  return {
    method: `The first validation of one request and one note in a fresh process, medians of ${rounds} processes in turns: alone, and
with the import of the validator. The messages and protobuf-es are there before.`,
    rows,
    ratios,
    versions: { "protovalidate-es": "@bufbuild/protovalidate" },
    chart: { title: "Cold start", axis: "milliseconds; shorter is better", series: validatorNames, groups },
  };
}
