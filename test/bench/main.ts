// Benchmarks. Usage: npm run bench -- NAME. Prints a table, and as its last line one JSON object for scripts; writes its
// section of docs/performance.md.
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { findNodes, type Node } from "./nodes.js";
import { writeReport } from "./report/document.js";
import type { BenchResult } from "./report/result.js";

const benches: Readonly<Record<string, (nodes: readonly Node[]) => Promise<BenchResult>>> = {
  bodies: async (nodes) => (await import("./bodies/index.js")).benchBodies(nodes),
  bulk: async (nodes) => (await import("./bulk/index.js")).benchBulk(nodes),
  calls: async (nodes) => (await import("./calls/index.js")).benchCalls(nodes),
  codec: async (nodes) => (await import("./codec/index.js")).benchCodec(nodes),
  cold: async (nodes) => (await import("./cold/index.js")).benchCold(nodes),
  connections: async (nodes) => (await import("./connections/index.js")).benchConnections(nodes),
  generate: async (nodes) => (await import("./generate/index.js")).benchGenerate(nodes),
  handoff: async (nodes) => (await import("./handoff/index.js")).benchHandoff(nodes),
  imports: async (nodes) => (await import("./imports/index.js")).benchImports(nodes),
  latency: async (nodes) => (await import("./latency/index.js")).benchLatency(nodes),
  memory: async (nodes) => (await import("./memory/index.js")).benchMemory(nodes),
  sealed: async (nodes) => (await import("./sealed/index.js")).benchSealed(nodes),
  size: async () => (await import("./size/index.js")).benchSize(),
  streams: async (nodes) => (await import("./streams/index.js")).benchStreams(nodes),
  validate: async (nodes) => (await import("./validate/index.js")).benchValidate(nodes),
};

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** @param name of a package, or the folder of one that is installed elsewhere. */
function versionOf(name: string): string {
  const manifest = readFileSync(join(resolve(root, "node_modules", name), "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

function print(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
    process.stdout.write(`${cells.join("  ")}\n`);
  }
}

const name = process.argv[2] ?? "";
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench === undefined) {
  process.stderr.write(`no benchmark is called "${name}"; there are: ${Object.keys(benches).join(", ")}\n`);
  process.exit(2);
}
const nodes = findNodes(root, [20, 24]);
const result = await bench(nodes);
print(result.rows);
const processors = cpus();
const circumstances = {
  machine: `${processors.length} × ${processors[0]?.model.trim() ?? "unknown processor"}`,
  versions: {
    ...Object.fromEntries(nodes.map(({ major, version }) => [`node${major}`, version])),
    ...Object.fromEntries(Object.entries(result.versions).map(([key, packageName]) => [key, versionOf(packageName)])),
  },
};
await writeReport(root, name, result, { ...circumstances, date: new Date().toISOString().slice(0, 10) });
process.stdout.write(`${JSON.stringify({ bench: name, ...circumstances, ratios: result.ratios })}\n`);
