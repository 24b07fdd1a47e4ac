// Before all tests: the place of the generator's bundle, which is made by the first test that needs it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { bundleFolder } from "./bundle.js";

export default function setup(project: TestProject): (() => void) | undefined {
  // It is called for the whole and for each of its projects.
  if (!project.isRootProject()) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "crucible-bundle-"));
  process.env[bundleFolder] = folder;
  // While somebody types, each run has its own.
  project.onTestsRerun(() => rmSync(join(folder, "dist"), { recursive: true, force: true }));
  return () => rmSync(folder, { recursive: true, force: true });
}
