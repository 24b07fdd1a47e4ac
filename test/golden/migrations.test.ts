// Codemods: what `crucible-gen migrate` makes of a program when its schema changes. Each case is a folder of
// golden/migrations: the schema before and after, a program before and after, and what is left to do by hand. All of
// them are one program, so that it is loaded once; UPDATE_GOLDEN=1 writes what is expected.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InstalledLab, root } from "../integration/commands/installed.js";

const folder = join(root, "golden/migrations");
const names = readdirSync(folder).toSorted();
const update = process.env["UPDATE_GOLDEN"] === "1";
const template = `version: v2
inputs: [{directory: proto}]
plugins:
  - {local: protoc-gen-es, out: gen, strategy: all, include_imports: true, opt: [target=ts, import_extension=js, erasable_syntax=true]}
  - {local: protoc-gen-crucible, out: gen, strategy: all}
`;

interface Migrated {
  readonly renames: readonly { readonly kind: string; readonly old: string; readonly now: string }[];
  readonly changed: readonly { readonly path: string; readonly edits: number }[];
  readonly byHand: readonly {
    readonly path: string;
    readonly line: number;
    readonly column: number;
    readonly message: string;
  }[];
  readonly diffs: readonly string[];
}

let lab: InstalledLab;
let dir: string;
let generated: Record<string, string>;
const given = names.flatMap((name) => {
  const path = join(folder, name, "renames");
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
});

async function migrate(...args: string[]): Promise<Migrated> {
  const renames = given.flatMap((rename) => ["--rename", rename]);
  const { code, stdout, stderr } = await lab.run(dir, [
    "migrate",
    "--against",
    "before",
    "--json",
    ...renames,
    ...args,
  ]);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Migrated;
}

/** Byte by byte: one of the files is no UTF-8. */
function sources(): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(dir, `src/${name}.ts`), "latin1")]));
}

function generatedFiles(): Record<string, string> {
  const paths = readdirSync(join(dir, "gen"), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    paths.map((entry) => [
      join(entry.parentPath, entry.name),
      readFileSync(join(entry.parentPath, entry.name), "utf8"),
    ]),
  );
}

beforeAll(async () => {
  lab = new InstalledLab();
  dir = lab.project("app", {
    "package.json": '{"name":"app","type":"module"}',
    "buf.gen.yaml": template,
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        target: "es2022",
        lib: ["es2023", "esnext.disposable"],
        module: "nodenext",
        types: ["node"],
        strict: true,
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: true,
        noEmit: true,
        paths: { "@gen/*": ["./gen/*"] },
      },
      include: ["src", "gen"],
    }),
    "before/buf.gen.yaml": template,
  });
  for (const name of names) {
    cpSync(join(folder, name, "old"), join(dir, "before/proto"), { recursive: true });
    cpSync(join(folder, name, "old"), join(dir, "proto"), { recursive: true });
    cpSync(join(folder, name, "before.ts"), join(dir, `src/${name}.ts`));
  }
  await lab.generate(dir, "--no-skeleton");
  await lab.compile(dir);
  rmSync(join(dir, "proto"), { recursive: true });
  for (const name of names) cpSync(join(folder, name, "new"), join(dir, "proto"), { recursive: true });
  generated = generatedFiles();
}, 120_000);
afterAll(() => lab.remove());

describe("migrate", () => {
  let first: Migrated;

  beforeAll(async () => {
    first = await migrate();
  }, 60_000);

  test.each(names)("%s", (name) => {
    const text = sources()[name] ?? "";
    const byHand = first.byHand
      .filter(({ path }) => path === `src/${name}.ts`)
      .map(({ line, column, message }) => `${line}:${column}: ${message}\n`)
      .join("");
    const [after, left] = [join(folder, name, "after.ts"), join(folder, name, "by-hand.txt")];
    if (update) {
      writeFileSync(after, text, "latin1");
      rmSync(left, { force: true });
      if (byHand !== "") writeFileSync(left, byHand);
    }
    expect(text).toBe(readFileSync(after, "latin1"));
    expect(byHand).toBe(existsSync(left) ? readFileSync(left, "utf8") : "");
  });

  test("generated files are as they were", () => {
    expect(generatedFiles()).toEqual(generated);
  });

  test("a second time, and dry, there is nothing to do", async () => {
    const done = sources();
    const again = await migrate("--dry-run");
    expect(again.changed).toEqual([]);
    expect(sources()).toEqual(done);
  }, 60_000);

  test("what needs no hand compiles with the code of the new schema", async () => {
    await lab.generate(dir, "--no-skeleton");
    for (const { path } of first.byHand) rmSync(join(dir, path), { force: true });
    await lab.compile(dir);
    expect(new Set(first.byHand.map(({ path }) => path))).toEqual(
      new Set(["src/latin.ts", "src/removed.ts", "src/types.ts"]),
    );
  }, 60_000);
});
