// docs/commands.md, read as a user would who types what it says: each block `sh run` in one project, in order, and what
// `text output` shows behind it.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { InstalledLab, root } from "./installed.js";

let lab: InstalledLab;
let dir: string;
beforeAll(async () => {
  lab = new InstalledLab();
  const parent = lab.project("docs", {});
  expect((await lab.run(parent, ["init", "greeter", "--yes"])).code).toBe(0);
  dir = join(parent, "greeter");
  await lab.generate(dir);
  await lab.compile(dir);
  // What npm would put there.
  mkdirSync(join(lab.dir, "bin"));
  writeFileSync(join(lab.dir, "bin/npx"), `#!/bin/sh\nshift\nexec "${process.execPath}" "${lab.launcher}" "$@"\n`);
  writeFileSync(
    join(lab.dir, "bin/tsc"),
    `#!/bin/sh\nexec "${process.execPath}" "${root}node_modules/typescript/bin/tsc" "$@"\n`,
  );
  for (const name of ["npx", "tsc"]) chmodSync(join(lab.dir, "bin", name), 0o755);
}, 60_000);
afterAll(() => lab.remove());

/** What differs from run to run and from machine to machine. */
function settle(text: string): string {
  return text.replaceAll(/\b\d+(?:\.\d+)? ?(?:ms|s)\b/g, "TIME").replaceAll(/\b[\d,]+ calls?\b/g, "N calls");
}

test("what docs/commands.md says to type prints what it says", () => {
  const document = readFileSync(join(root, "docs/commands.md"), "utf8");
  const path = [join(lab.dir, "bin"), join(process.execPath, ".."), "/usr/bin", "/bin"].join(delimiter);
  let ran = 0;
  for (const [, script, , output] of document.matchAll(/^```sh run\n([^]*?)^```\n(\n```text output\n([^]*?)^```)?/gm)) {
    const printed = execFileSync("sh", ["-ec", script!], {
      cwd: dir,
      env: { PATH: path, HOME: lab.dir, TMPDIR: lab.temporary },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (output !== undefined) expect(settle(printed)).toBe(settle(output));
    ran++;
  }
  expect(ran).toBeGreaterThan(1);
}, 120_000);
