import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Node } from "../nodes.js";
import { figures, median } from "../numbers.js";
import type { BarGroup, BenchResult } from "../report/result.js";

const run = promisify(execFile);
const rounds = 20;

/** What is loaded: ours, what of Node it stands on, and what others put in its place. */
const subjects: Readonly<Record<string, readonly string[]>> = {
  crucible: ["crucible-runtime/plugin", new URL("../gen/bench/v1/note_plugin.js", import.meta.url).href],
  "node:net and node:crypto": ["node:net", "node:crypto"],
  "grpc-js": ["@grpc/grpc-js"],
};

async function importMs(node: Node, specifiers: readonly string[]): Promise<number> {
  const script = fileURLToPath(new URL("load.js", import.meta.url));
  const { stdout } = await run(node.path, [script, ...specifiers], { timeout: 30_000 });
  return Number(stdout);
}

/** Milliseconds that the imports of a plugin take in a fresh process: the runtime's door and the code of one schema. */
export async function benchImports(nodes: readonly Node[]): Promise<BenchResult> {
  const rows: string[][] = [["", "median ms", "least ms"]];
  const ratios: Record<string, number> = {};
  const groups: BarGroup[] = [];
  for (const node of nodes) {
    const samples = new Map<string, number[]>(Object.keys(subjects).map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [name, specifiers] of Object.entries(subjects)) {
        samples.get(name)!.push(await importMs(node, specifiers));
      }
    }
    for (const [name, list] of samples) {
      rows.push([`${name} @${node.major}`, median(list).toFixed(1), Math.min(...list).toFixed(1)]);
    }
    const ours = median(samples.get("crucible")!);
    ratios[`import/grpc-js@${node.major}`] = figures(ours / median(samples.get("grpc-js")!));
    groups.push({ label: `Node ${node.major}`, values: [...samples.values()].map(median) });
  }
  return {
    method,
    rows,
    ratios,
    versions: { "grpc-js": "@grpc/grpc-js" },
    chart: {
      title: "Imports",
      axis: "milliseconds in a fresh process; shorter is better",
      series: Object.keys(subjects),
      groups,
    },
  };
}

const method = `What a plugin's main module imports: the runtime's door for plugins and the code generated for one schema, in a
process that has loaded nothing yet. ${rounds} rounds in turns, with the modules of Node that any such runtime needs and with grpc-js
beside it.`;
