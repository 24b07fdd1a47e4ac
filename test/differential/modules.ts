// Generated modules, run as functions that are handed what they import.
import { posix } from "node:path";
import * as codec from "../../runtime/typescript/src/codegen/v1/codec.js";
import * as validate from "../../runtime/typescript/src/codegen/v1/validate.js";
import * as any from "../../runtime/typescript/src/codegen/v1/wkt/any.js";
import * as duration from "../../runtime/typescript/src/codegen/v1/wkt/duration.js";
import * as empty from "../../runtime/typescript/src/codegen/v1/wkt/empty.js";
import * as fieldMask from "../../runtime/typescript/src/codegen/v1/wkt/field_mask.js";
import * as struct from "../../runtime/typescript/src/codegen/v1/wkt/struct.js";
import * as timestamp from "../../runtime/typescript/src/codegen/v1/wkt/timestamp.js";
import * as api from "../../runtime/typescript/src/codegen/v1/wkt/api.js";
import * as descriptor from "../../runtime/typescript/src/codegen/v1/wkt/descriptor.js";
import * as plugin from "../../runtime/typescript/src/codegen/v1/wkt/plugin.js";
import * as sourceContext from "../../runtime/typescript/src/codegen/v1/wkt/source_context.js";
import * as type from "../../runtime/typescript/src/codegen/v1/wkt/type.js";
import * as wrappers from "../../runtime/typescript/src/codegen/v1/wkt/wrappers.js";

/** What a module exports. */
export type Exports = Readonly<Record<string, unknown>>;

const doors: Readonly<Record<string, Exports>> = {
  codec,
  validate,
  "wkt/any": any,
  "wkt/duration": duration,
  "wkt/empty": empty,
  "wkt/field_mask": fieldMask,
  "wkt/struct": struct,
  "wkt/timestamp": timestamp,
  "wkt/api": api,
  "wkt/descriptor": descriptor,
  "wkt/plugin": plugin,
  "wkt/source_context": sourceContext,
  "wkt/type": type,
  "wkt/wrappers": wrappers,
};

/** The modules of one schema; each runs when it is first asked for. */
export class GeneratedCode {
  readonly #sources: ReadonlyMap<string, string>;
  readonly #modules = new Map<string, Record<string, unknown>>();

  /** @param sources CommonJS by path. */
  constructor(sources: ReadonlyMap<string, string>) {
    this.#sources = sources;
  }

  /** What every module exports, by its path. */
  all(): ReadonlyMap<string, Exports> {
    return new Map([...this.#sources.keys()].map((path) => [path, this.#load(path)]));
  }

  #load(path: string): Record<string, unknown> {
    const earlier = this.#modules.get(path);
    if (earlier !== undefined) return earlier;
    const source = this.#sources.get(path);
    if (source === undefined) throw new Error(`generated code imports ${path}, which was not generated`);
    const module = { exports: {} as Record<string, unknown> };
    this.#modules.set(path, module.exports);
    // oxlint-disable-next-line no-new-func -- the text is what the generator wrote.
    const run = new Function("require", "module", "exports", `${source}\n//# sourceURL=${path}`) as Run;
    run((specifier) => this.#import(specifier, path), module, module.exports);
    this.#modules.set(path, module.exports);
    return module.exports;
  }

  #import(specifier: string, from: string): Exports {
    const door = doors[specifier.replace("crucible-runtime/codegen/v1/", "")];
    return door ?? this.#load(posix.join(posix.dirname(from), specifier));
  }
}

type Run = (
  require: (specifier: string) => Exports,
  module: { exports: Record<string, unknown> },
  exports: Record<string, unknown>,
) => void;
