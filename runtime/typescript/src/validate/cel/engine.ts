// Finds @bufbuild/cel. Only the door `codegen/v1/cel` leads here, which the validators of those schemas import that have
// a rule which could not be compiled.
import { CrucibleError } from "../../error/index.js";

/** @bufbuild/cel, the package. */
export type CelEngine = typeof import("@bufbuild/cel") & Pick<typeof import("@bufbuild/cel/ext"), "strings">;

let engine: CelEngine | undefined;
let cause: unknown;
try {
  const [main, { strings }] = await Promise.all([import("@bufbuild/cel"), import("@bufbuild/cel/ext")]);
  engine = { ...main, strings };
} catch (error) {
  cause = error;
}

/** @throws CrucibleError reason PACKAGE_MISSING when @bufbuild/cel cannot be loaded. */
export function celEngine(): CelEngine {
  if (engine !== undefined) return engine;
  throw new CrucibleError(
    "PACKAGE_MISSING",
    "@bufbuild/cel cannot be loaded, and a rule of the schema needs it: install it (npm install @bufbuild/cel)",
    { cause },
  );
}
