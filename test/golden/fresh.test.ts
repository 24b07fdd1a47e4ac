import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./case.js";

test("what is generated and checked in is what the generator writes today", () => {
  const script = join(root, "generator/regenerate.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--check"], { cwd: root, encoding: "utf8" });
  expect(stdout).not.toMatch(/^stale: /m);
  expect(status, stderr).toBe(0);
}, 120_000);
