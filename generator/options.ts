import { mistake } from "./errors.js";

/** The kinds of files a target can write for one .proto file. */
export const fileKinds = ["codec", "validate", "service", "daemon", "plugin"] as const;
/** One of {@link fileKinds}. */
export type FileKindName = (typeof fileKinds)[number];

/** The targets, by their names in the option `target`. */
export const targetNames = ["ts", "markdown"] as const;
/** One of {@link targetNames}. */
export type TargetName = (typeof targetNames)[number];

/** What `opt` of buf.gen.yaml (or `--crucible_opt` of protoc) may say. */
export interface GeneratorOptions {
  /** What to write. Option `target`: `ts` (default) or `markdown`. The options below are for `ts` alone. */
  readonly target: TargetName;
  /**
   * Ending of relative imports. Option `import_extension`: `js` (default), `ts` or `none`. It must be the one that
   * protoc-gen-es is given.
   */
  readonly importExtension: "js" | "ts" | "none";
  /**
   * Where generated files find the runtime's doors. Option `runtime_import`; default `crucible-runtime/codegen/v1`. A
   * value that begins with `.` is a path from the output directory.
   */
  readonly runtimeImport: string;
  /** Which kinds of files to write. Option `emit`: names joined by `+`; default all. */
  readonly emit: ReadonlySet<FileKindName>;
  /**
   * Whether files of google/protobuf get codecs of their own instead of importing the runtime's. Option
   * `bootstrap_wkt`: `true` or `false` (default). For the runtime itself.
   */
  readonly bootstrapWkt: boolean;
}

const known = ["target", "import_extension", "runtime_import", "emit", "bootstrap_wkt"];

/**
 * Reads the parameter of a request: `key=value` pairs joined by commas.
 *
 * @throws GeneratorError for an unknown option or value.
 */
export function parseOptions(parameter: string): GeneratorOptions {
  let target: TargetName = "ts";
  const said: string[] = [];
  let importExtension: GeneratorOptions["importExtension"] = "js";
  let runtimeImport = "crucible-runtime/codegen/v1";
  let emit: ReadonlySet<FileKindName> = new Set(fileKinds);
  let bootstrapWkt = false;
  for (const pair of parameter.split(",")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const key = equals < 0 ? pair : pair.slice(0, equals);
    const value = equals < 0 ? "" : pair.slice(equals + 1);
    said.push(key);
    switch (key) {
      case "target":
        target = oneOf(key, value, targetNames);
        break;
      case "import_extension":
        importExtension = oneOf(key, value.replace(/^\./, ""), ["js", "ts", "none"]);
        break;
      case "runtime_import":
        if (value === "") throw mistake("option runtime_import is empty; give a package path or a relative path");
        runtimeImport = value.replace(/\/+$/, "");
        break;
      case "emit":
        emit = new Set(value.split("+").map((name) => oneOf(key, name, fileKinds)));
        break;
      case "bootstrap_wkt":
        bootstrapWkt = oneOf(key, value, ["true", "false"]) === "true";
        break;
      default:
        throw mistake(`unknown option ${quote(key)}; known options are ${known.join(", ")}`);
    }
  }
  const useless = said.find((key) => key !== "target");
  if (target !== "ts" && useless !== undefined) {
    throw mistake(`option ${useless} means nothing with target=${target}; remove it`);
  }
  return { target, importExtension, runtimeImport, emit, bootstrapWkt };
}

function oneOf<T extends string>(key: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) {
    throw mistake(`option ${key} cannot be ${quote(value)}; it takes ${allowed.join(", ")}`);
  }
  return found;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
