import { join } from "node:path";
import { findPackage } from "../../corpus/packages.js";
import { root } from "../../corpus/root.js";
import { figures, median } from "../numbers.js";
import type { Node } from "../nodes.js";
import type { BarGroup, BenchResult } from "../report/result.js";
import { describeInputs, type Input, makeInputs } from "./inputs.js";
import { type Plugin, runPlugin, type Usage } from "./run.js";

const rounds = { start: 7, "10k": 5, "88k": 3 } as const;
const ours = "crucible";

/** The generators, ours first; null where one is not installed. */
function plugins(): Record<string, Plugin | null> {
  const plugin = (name: string, script: string, parameter = ""): Plugin => ({ name, script, parameter });
  const ts = findPackage("@protobuf-ts/plugin");
  return {
    [ours]: plugin(ours, join(root, "generator/bin/protoc-gen-crucible.js")),
    "protoc-gen-es": plugin(
      "protoc-gen-es",
      join(root, "node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es"),
      "target=ts",
    ),
    "ts-proto": plugin("ts-proto", join(root, "node_modules/ts-proto/protoc-gen-ts_proto")),
    "protobuf-ts": ts === undefined ? null : plugin("protobuf-ts", join(ts, "bin/protoc-gen-ts")),
  };
}

/** Time and memory of the plugin's process. */
export async function benchGenerate(nodes: readonly Node[]): Promise<BenchResult> {
  const all = plugins();
  const names = Object.keys(all);
  const inputs = makeInputs();
  const rows: string[][] = [["", "wall, s", "CPU, s", "peak RSS, MB"]];
  const ratios: Record<string, number | null> = {};
  const groups: BarGroup[] = [];
  for (const node of nodes) {
    for (const input of inputs) {
      const usages = await measure(node, input, all);
      for (const [name, list] of usages) rows.push(row(name, node, input, list));
      for (const peer of names.slice(1)) {
        for (const [metric, key] of [
          ["wall", "wallSeconds"],
          ["cpu", "cpuSeconds"],
          ["rss", "rssBytes"],
        ] as const) {
          ratios[`${metric}${input.name === "start" ? "-start" : input.name}/${peer}@${node.major}`] = ratio(
            usages,
            peer,
            key,
          );
        }
      }
      const bars = names.map((name) => (usages.has(name) ? figure(usages.get(name)!, "wallSeconds") : null));
      groups.push({ label: `${input.name} @${node.major}`, values: bars });
    }
  }
  const compiled = inputs.map(({ name, lines, files, compileSeconds }) =>
    name === "start"
      ? `an empty file`
      : `${lines.toLocaleString("en")} lines in ${files} files (buf: ${compileSeconds.toFixed(2)} s)`,
  );
  return {
    method: `One process that gets the whole request on stdin, as under \`strategy: all\`, from its start to its end, for
${compiled.join(", ")}: ${describeInputs()}. Medians of ${Object.values(rounds).join(", ")} runs in turns; ratios are medians over the
turns. The compiler's time is not in it. Everyone gets the same descriptors and default options, protoc-gen-es \`target=ts\`. Ours prints
codecs, service tables, stubs and handler bases; protoc-gen-es prints types and embedded descriptors.`,
    rows,
    ratios,
    versions: {
      "protoc-gen-es": "@bufbuild/protoc-gen-es",
      "ts-proto": "ts-proto",
      ...(all["protobuf-ts"] != null && { "protobuf-ts": findPackage("@protobuf-ts/plugin")! }),
    },
    chart: { title: "Generating", axis: "seconds of the plugin; shorter is better", series: names, groups },
  };
}

async function measure(
  node: Node,
  input: Input,
  all: Readonly<Record<string, Plugin | null>>,
): Promise<Map<string, Usage[]>> {
  const usages = new Map<string, Usage[]>();
  for (let round = 0; round < rounds[input.name]; round++) {
    for (const [name, plugin] of Object.entries(all)) {
      if (plugin === null) continue;
      const list = usages.get(name) ?? [];
      list.push(await runPlugin(node, plugin, input.request));
      usages.set(name, list);
    }
  }
  return usages;
}

function figure(list: readonly Usage[], key: keyof Usage): number {
  return median(list.map((one) => one[key]));
}

function row(name: string, node: Node, input: Input, list: readonly Usage[]): string[] {
  const seconds = (key: keyof Usage): string => figure(list, key).toFixed(2);
  const megabytes = Math.round(figure(list, "rssBytes") / 1e6);
  return [`${input.name} ${name} @${node.major}`, seconds("wallSeconds"), seconds("cpuSeconds"), String(megabytes)];
}

function ratio(usages: ReadonlyMap<string, readonly Usage[]>, peer: string, key: keyof Usage): number | null {
  const [own, other] = [usages.get(ours), usages.get(peer)];
  return own === undefined || other === undefined
    ? null
    : figures(median(own.map((one, i) => one[key] / other[i]![key])));
}
