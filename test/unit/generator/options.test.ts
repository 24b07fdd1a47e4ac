import { describe, expect, test } from "vitest";
import { GeneratorError } from "../../../generator/errors.js";
import { fileKinds, parseOptions } from "../../../generator/options.js";

describe("parseOptions", () => {
  test("fills in the defaults", () => {
    expect(parseOptions("")).toEqual({
      target: "ts",
      importExtension: "js",
      runtimeImport: "crucible-runtime/codegen/v1",
      emit: new Set(fileKinds),
      bootstrapWkt: false,
    });
  });

  test("reads what is said, empty pairs and dots before an extension included", () => {
    const options = parseOptions(
      "target=ts,,import_extension=.ts,runtime_import=../v1/,emit=codec+validate,bootstrap_wkt=true",
    );
    expect(options.importExtension).toBe("ts");
    expect(options.runtimeImport).toBe("../v1");
    expect([...options.emit]).toEqual(["codec", "validate"]);
    expect(options.bootstrapWkt).toBe(true);
  });

  test.each([
    ["target=go", 'option target cannot be "go"; it takes ts, markdown'],
    ["target", 'option target cannot be ""; it takes ts, markdown'],
    ["target=markdown,emit=codec", "option emit means nothing with target=markdown; remove it"],
    ["import_extension=mjs", 'option import_extension cannot be "mjs"; it takes js, ts, none'],
    ["emit=", 'option emit cannot be ""; it takes codec, validate, service, daemon, plugin'],
    ["runtime_import=", "option runtime_import is empty; give a package path or a relative path"],
    ["Emit=codec", /^unknown option "Emit"; known options are target, /],
    ["=x", /^unknown option ""; /],
  ])("refuses %j", (parameter, message) => {
    expect(() => parseOptions(parameter)).toThrow(GeneratorError);
    expect(() => parseOptions(parameter)).toThrow(message);
  });
});
