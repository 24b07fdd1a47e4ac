import { RE2JS } from "@bufbuild/re2";
import type { CompiledPattern } from "../../generator/targets/typescript/pattern/compile.js";
import { Automaton } from "../../runtime/typescript/src/validate/automaton.js";
import { asciiRun } from "../../runtime/typescript/src/validate/run.js";

/** What generated code would test a text with. */
export function patternRunner(compiled: CompiledPattern, pattern: string): { test(text: string): boolean } {
  switch (compiled.kind) {
    case "run": {
      const { first, others, least, most } = compiled.run;
      return { test: asciiRun(first, others, least, most) };
    }
    case "literal": {
      const end = compiled.literal.lastIndexOf("/");
      return new RegExp(compiled.literal.slice(1, end), compiled.literal.slice(end + 1));
    }
    case "automaton":
      return new Automaton(compiled.table);
    case "re2":
      return new RE2JS(pattern);
  }
}
