// buf's own rules about breaking changes, run over both versions as images.
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { type CodeGeneratorRequest, type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { BufContext } from "../buf/build.js";
import { runBuf } from "../buf/run.js";
import { readYaml } from "../buf/template.js";
import { mistake } from "../errors.js";
import { type Bump, breaksBoth, breaksNothing, type Change } from "./change.js";
import type { Schema } from "./schema.js";

/** What buf reports. */
interface Violation {
  readonly path?: string;
  readonly start_line?: number;
  readonly start_column?: number;
  readonly type: string;
  readonly message: string;
}

/** What a rule asks for when nothing of ours says more. Rules that are not listed: a major version, code has to change. */
const meanings: Readonly<Record<string, { readonly bump: Bump; readonly wire: boolean; readonly code: boolean }>> = {
  FIELD_SAME_DEFAULT: { bump: "major", wire: true, code: false },
  ENUM_SAME_TYPE: { bump: "major", wire: true, code: false },
  FIELD_SAME_UTF8_VALIDATION: { bump: "major", wire: true, code: false },
  FIELD_SAME_JAVA_UTF8_VALIDATION: { bump: "none", wire: false, code: false },
  RESERVED_ENUM_NO_DELETE: { bump: "minor", wire: false, code: false },
  RESERVED_MESSAGE_NO_DELETE: { bump: "minor", wire: false, code: false },
  ENUM_SAME_JSON_FORMAT: { bump: "major", wire: false, code: false },
  MESSAGE_SAME_JSON_FORMAT: { bump: "major", wire: false, code: false },
  FILE_SAME_SYNTAX: { bump: "patch", wire: false, code: false },
};
/** Options of other languages: nothing that is generated here depends on them. */
const foreign = /^FILE_SAME_(?:CC|CSHARP|GO|JAVA|OBJC|PHP|PY|RUBY|SWIFT|OPTIMIZE)_|^FIELD_SAME_(?:CPP|JAVA)_/;
/** Rules about whole files and packages, which our changes tell one by one. */
const whole = /^(?:FILE_NO_DELETE|FILE_SAME_PACKAGE|PACKAGE_\w+)$/;

/**
 * Runs buf and returns what no change of ours tells already.
 *
 * @param folder of schemas, absolute: the buf.yaml that governs it may say which rules hold.
 * @throws GeneratorError when buf cannot compare.
 */
export async function runBreaking(
  old: readonly CodeGeneratorRequest[],
  now: readonly CodeGeneratorRequest[],
  schema: Schema,
  told: readonly Change[],
  folder: string,
  context: BufContext,
): Promise<Change[]> {
  const [before, after] = [join(context.stage.root, "before.binpb"), join(context.stage.root, "after.binpb")];
  writeFileSync(before, joinImages(old));
  writeFileSync(after, joinImages(now));
  const breaking = readSettings(folder);
  const result = await runBuf({
    ...context,
    args: [
      "breaking",
      after,
      "--against",
      before,
      "--exclude-imports",
      "--error-format",
      "json",
      "--config",
      JSON.stringify({ version: "v2", breaking }),
    ],
  });
  const violations = parseViolations(result.stdout);
  if (!result.ok && violations.length === 0) {
    const line = (result.stderr.trim() || result.stdout.trim()).split("\n", 1)[0] ?? "";
    throw mistake(`buf cannot compare the two versions: ${line.replace(/^Failure: /, "")}`);
  }
  return violations
    .map((one) => changeOf(one, schema))
    .filter(({ rule }) => !foreign.test(rule))
    .filter((change) => !told.some((own) => tells(own, change)));
}

function changeOf(
  { path = "", start_line: line = 0, start_column: column = 0, type, message }: Violation,
  schema: Schema,
): Change {
  const { bump, wire, code } = meanings[type] ?? { bump: "major", wire: false, code: true };
  return {
    rule: type,
    location: schema.place({ path, line, column }),
    element: /"([^"]+)"/.exec(message)?.[1] ?? "",
    message: message.replace(/ See https:\S+.*$/, "").replace(/\.$/, ""),
    bump,
    breaks: wire ? breaksBoth : breaksNothing,
    code,
    buf: [type],
  };
}

/** Whether a change of ours says what buf says: at the same line, or of the same name. */
function tells(own: Change, { rule, location, message }: Change): boolean {
  if (!own.buf.includes(rule)) return false;
  if (whole.test(rule)) return true;
  if (own.location.path === location.path && own.location.line === location.line) return true;
  const names = Array.from(message.matchAll(/"([^"]+)"/g), ([, name = ""]) => name);
  return [own.element, own.was ?? own.element].some((element) => names.some((name) => endsWithName(element, name)));
}

/** Whether an element has a name that buf writes without its package, such as `Note.Label`. */
function endsWithName(element: string, name: string): boolean {
  return element === name || element.endsWith(`.${name}`) || element.endsWith(`/${name}`);
}

function parseViolations(text: string): Violation[] {
  return text.split("\n").flatMap((line): Violation[] => {
    if (!line.startsWith("{")) return [];
    try {
      const found = JSON.parse(line) as Partial<Violation>;
      return typeof found.type === "string" && typeof found.message === "string" ? [found as Violation] : [];
    } catch {
      // The output was cut where it became too long.
      return [];
    }
  });
}

/** One image of several; a file that one of them only imports is what the other says of it. */
function joinImages(requests: readonly CodeGeneratorRequest[]): Uint8Array {
  const files = new Map<string, { file: FileDescriptorProto; wanted: boolean }>();
  for (const { protoFile, fileToGenerate } of requests) {
    const wanted = new Set(fileToGenerate);
    for (const file of protoFile) {
      if (files.get(file.name)?.wanted !== true) files.set(file.name, { file, wanted: wanted.has(file.name) });
    }
  }
  return toBinary(
    FileDescriptorSetSchema,
    create(FileDescriptorSetSchema, { file: [...files.values()].map(({ file }) => file) }),
  );
}

/** What the nearest buf.yaml says about breaking changes; by default all rules that can matter. */
function readSettings(input: string): object {
  const fallback = { use: ["FILE", "WIRE"] };
  let folder = input;
  while (!existsSync(join(folder, "buf.yaml"))) {
    if (dirname(folder) === folder) return fallback;
    folder = dirname(folder);
  }
  const { breaking, modules } = readYaml(join(folder, "buf.yaml"), "buf.yaml");
  if (typeof breaking !== "object" || breaking === null) return fallback;
  const folders = (Array.isArray(modules) ? modules : []).map(
    (module: { path?: unknown }) => `${String(module.path ?? ".")}/`,
  );
  // Paths in an image begin at the module.
  const inModule = (path: unknown): string => {
    const folder = folders.find((one) => String(path).startsWith(one));
    return folder === undefined ? String(path) : String(path).slice(folder.length);
  };
  const { ignore, ignore_only: only, ...rest } = breaking as { ignore?: unknown; ignore_only?: unknown };
  return {
    ...fallback,
    ...rest,
    ...(Array.isArray(ignore) ? { ignore: ignore.map(inModule) } : {}),
    ...(typeof only === "object" && only !== null
      ? {
          ignore_only: Object.fromEntries(
            Object.entries(only).map(([rule, paths]) => [rule, Array.isArray(paths) ? paths.map(inModule) : paths]),
          ),
        }
      : {}),
  };
}
