// What generated validators bring along of the runtime: only what their rules use.
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { root } from "./case.js";

interface Bundle {
  readonly text: string;
  /** Files of the runtime of which something is left in the bundle. */
  readonly files: readonly string[];
}

/** Bundles the generated validators of a golden case, from the runtime's sources. */
async function bundle(path: string, validator: string): Promise<Bundle> {
  const from = join(root, "golden/cases", path);
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export { ${validator} } from ${JSON.stringify(from)};`, resolveDir: root },
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    format: "esm",
    target: "es2022",
    conditions: ["crucible-source"],
    external: ["@bufbuild/re2"],
    logLevel: "error",
  });
  const inputs = Object.entries(Object.values(metafile.outputs)[0]!.inputs);
  return {
    text: outputFiles[0]!.text,
    files: inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file.replace(/^.*\/src\//, "")),
  };
}

const patterns = ["validate/automaton.ts", "validate/re2.ts"];

describe("a validator", () => {
  test("whose patterns are literals brings neither automata nor @bufbuild/re2", async () => {
    const { text, files } = await bundle("validators/expect/typescript/validators/v1/text_validate.ts", "validateText");
    expect(files).toContain("validate/matching.ts");
    expect(files.filter((file) => patterns.includes(file))).toEqual([]);
    expect(text).not.toContain("@bufbuild/re2");
  });

  test("that needs them brings them, in about a kilobyte", async () => {
    const { text, files } = await bundle(
      "patterns/expect/typescript/patterns/v1/patterns_validate.ts",
      "validatePatterns",
    );
    expect(files).toEqual(expect.arrayContaining(patterns));
    expect(text).toContain('import("@bufbuild/re2")');
    const automaton = await build({
      entryPoints: [join(root, "runtime/typescript/src/validate/automaton.ts")],
      bundle: true,
      write: false,
      minify: true,
      format: "esm",
      target: "es2022",
    });
    expect(automaton.outputFiles[0]!.contents.length).toBeLessThan(1_300);
  });
});
