// What TypeScript says of generated files, with every flag that makes it stricter.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findPackage } from "./packages.js";
import { root } from "./root.js";

/** Versions to compile with; 7 is the repository's own. */
export type CompilerVersion = "5.4" | "5.8" | "6" | "7";

const strictest = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  allowUnusedLabels: false,
  allowUnreachableCode: false,
  verbatimModuleSyntax: true,
};

/** Flags by the version that brought them. */
const since: readonly (readonly [version: number, flags: Readonly<Record<string, boolean>>])[] = [
  [5.5, { isolatedDeclarations: true }],
  [5.8, { erasableSyntaxOnly: true }],
];

/**
 * Compiles files of a folder.
 *
 * @param files relative to it, with what they import; default all.
 * @returns what the compiler says, one line for each mistake; empty when it is content.
 */
export function compile(folder: string, version: CompilerVersion, files?: readonly string[]): string {
  const compilerOptions = {
    ...strictest,
    ...Object.assign({}, ...since.filter(([from]) => Number(version) >= from).map(([, flags]) => flags)),
    target: "es2022",
    lib: ["es2023", "esnext.disposable"],
    module: "nodenext",
    declaration: true,
    noEmit: true,
    skipLibCheck: true,
    types: ["node"],
  };
  writeFileSync(join(folder, "package.json"), `{"type":"module"}`);
  const config = { compilerOptions, ...(files === undefined ? { include: ["**/*.ts"] } : { files }) };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const own = join(root, "node_modules/typescript/bin/tsc");
  const script = version === "7" ? own : join(findPackage(`typescript-${version}`)!, "bin/tsc");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "-p", folder, "--pretty", "false"], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    // TypeScript 7 is a program of Go: from here on its collector takes more time instead of more memory.
    env: { ...process.env, GOMEMLIMIT: "3GiB" },
  });
  if (status === 0 && stdout === "") return "";
  return `${stdout}${stderr}` || `the compiler ends with ${status} and says nothing`;
}

/** What oxlint says of generated files when the line is gone that asks linters to leave them alone. */
export function lint(folder: string, paths: readonly string[]): string {
  // Elsewhere: linters leave what git ignores alone too.
  const copy = mkdtempSync(join(tmpdir(), "crucible-lint-"));
  try {
    for (const path of paths) {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      const text = readFileSync(join(folder, path), "utf8");
      writeFileSync(join(copy, path), text.replace("/* eslint-disable */\n", ""));
    }
    const config = join(copy, ".oxlintrc.json");
    // The repository's own rules, but for those about what the schema chooses: names.
    const rules = { "no-underscore-dangle": "off", "no-shadow": "off", "unicorn/no-thenable": "off" };
    writeFileSync(config, JSON.stringify({ categories: { correctness: "error", suspicious: "error" }, rules }));
    const { status, stdout } = spawnSync(
      join(root, "node_modules/.bin/oxlint"),
      ["--deny-warnings", "-c", config, copy],
      { encoding: "utf8", maxBuffer: 1 << 28 },
    );
    const linted = / on (\d+) files? /.exec(stdout)?.[1];
    return status === 0 && Number(linted) === paths.length ? "" : stdout;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
