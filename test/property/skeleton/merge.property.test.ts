// Lives of a file: written once, then edited by its owner and merged with the next schema, again and again. Each of its
// states is compiled. `npm run test:skeleton` makes 200 of them.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { modelOf } from "../../../generator/generate.js";
import { parseOptions } from "../../../generator/options.js";
import { render } from "../../../generator/render/environment.js";
import { applyEdits } from "../../../generator/skeleton/edits.js";
import { mergeSkeleton } from "../../../generator/skeleton/merge.js";
import { skeletonView } from "../../../generator/skeleton/view.js";
import { generateTypeScript } from "../../../generator/targets/typescript/target.js";
import { Random } from "../../fuzz/random.js";
import { generateProtobufEs } from "../../golden/protobuf-es.js";
import { editText } from "./edits.js";
import { firstMethods, type Method, nextMethods, requestOf } from "./schemas.js";

const lives = Number(process.env["MERGE_LIVES"] ?? 40);
const steps = 3;
const seed = Number(process.env["MERGE_SEED"] ?? 20_260);
const root = fileURLToPath(new URL("../../../", import.meta.url));
// Inside node_modules, so that the runtime is found from there.
const folder = join(root, `node_modules/.cache/crucible-merge/${process.pid}`);
// As many files as lives ask for take longer than a hook may by default.
afterAll(() => rmSync(folder, { recursive: true, force: true }), 0);

const imports = { specifier: (module: string) => `../gen/${module}.js`, file: "src/notes.ts" };
const serviceOf = (methods: readonly Method[]) =>
  modelOf(requestOf(methods)).files.flatMap((file) => file.services)[0]!;
const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** What a replaced piece of a file may be: a name, an import of one, or a method that was never filled in. */
function mayGo(piece: string): boolean {
  return (
    /^(?:type )?[\w$]+(?: as [\w$]+)?$/.test(piece) ||
    /^(?:,\s*(?:type )?[\w$]+(?: as [\w$]+)?)+$/.test(piece) ||
    /^(?:(?:type )?[\w$]+(?: as [\w$]+)?,\s*)+$/.test(piece) ||
    /^async [^]*NOT_IMPLEMENTED[^]*\}$/.test(piece) ||
    /^import [^;]*;?\s*$/.test(piece)
  );
}

test(`${lives} lives: nothing of the user's changes, everything of the schema arrives, all of it compiles`, () => {
  const states: string[] = [];
  let [inserted, adjusted, conflicts] = [0, 0, 0];
  for (let life = 0; life < lives; life++) {
    const random = new Random(seed + life);
    const told = `MERGE_SEED=${seed + life} MERGE_LIVES=1`;
    let methods = firstMethods(random);
    let text = render("typescript/skeleton", skeletonView(serviceOf(methods), imports));
    for (let step = 0; step < steps; step++) {
      text = editText(text, random);
      const next = nextMethods(methods, random);
      const service = serviceOf(next);
      const before = new Set(methods.map(({ name }) => lowerFirst(name)));
      for (let round = 0; ; round++) {
        const result = mergeSkeleton({ text, service, imports, before });
        expect([told, step, result.trouble]).toEqual([told, step, undefined]);
        for (const { start, end } of result.edits) {
          const gone = text.slice(start, end);
          if (start !== end && !mayGo(gone)) expect([told, gone]).toEqual([told, "nothing but names"]);
        }
        if (result.adjusted.length === 0) expect(result.edits.every(({ start, end }) => start === end)).toBe(true);
        inserted += result.added.length;
        adjusted += result.adjusted.length;
        text = applyEdits(text, result.edits);
        if (result.conflicts.length === 0) break;
        // The owner resolves a conflict by starting the method anew.
        expect(round).toBeLessThan(12);
        conflicts++;
        const name = result.conflicts[0]!.method;
        // As the skeleton names methods: the old one stays beside it under another name.
        const old = text.replace(
          new RegExp(`(async \\*?)${name.replaceAll("$", "\\$")}\\(`),
          `$1old${step}${round}${name}(`,
        );
        expect([told, name, old !== text]).toEqual([told, name, true]);
        text = old;
      }
      const again = mergeSkeleton({ text, service, imports, before });
      expect([told, again.edits, again.added, again.conflicts, again.trouble]).toEqual([told, [], [], [], undefined]);
      methods = next;
      const state = `life${life}-${step}`;
      for (const { path, content } of generateTypeScript(modelOf(requestOf(methods)), parseOptions(""), () => {})) {
        // Codecs are the same in each life: the messages stay.
        if (path.endsWith("_codec.ts")) write(`shared/gen/${path}`, content);
        else if (/_(?:plugin|service)\.ts$/.test(path)) write(`${state}/gen/${path}`, content);
      }
      write(`${state}/src/notes.ts`, text);
      states.push(state);
    }
  }
  expect(inserted).toBeGreaterThan(lives);
  expect(adjusted).toBeGreaterThan(lives / 4);
  expect(conflicts).toBeGreaterThan(lives / 20);

  const es = generateProtobufEs(requestOf([]));
  for (const file of es.file) write(`shared/gen/${file.name}`, file.content);
  for (const state of states) {
    for (const kind of ["codec", "pb"]) {
      const shared = `../../../../shared/gen/acme/v1/notes_${kind}.js`;
      write(`${state}/gen/acme/v1/notes_${kind}.ts`, `export * from "${shared}";\n`);
    }
  }
  const compilerOptions = {
    target: "es2022",
    lib: ["es2023", "esnext.disposable"],
    module: "nodenext",
    types: ["node"],
    noEmit: true,
    skipLibCheck: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
  };
  write("tsconfig.json", JSON.stringify({ compilerOptions, include: ["life*/src"] }));
  write("package.json", '{"type": "module"}');
  const tsc = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder], {
    encoding: "utf8",
  });
  expect(tsc.stdout.split("\n").slice(0, 20).join("\n")).toBe("");
  expect(tsc.status).toBe(0);
}, 0);
