// What generating and compiling need.
import { join } from "node:path";
import { findBuf } from "../buf/binary.js";
import { GeneratorError } from "../errors.js";
import { ownManifest, packageRoot } from "../package-root.js";
import { type DoctorPlace, type Finding, findProgram, ok, outputOf, packageVersionFrom } from "./finding.js";

/** The oldest TypeScript that generated code is compiled with in our tests. */
const leastTypeScript = "5.4";

/** The oldest buf that reads a buf.gen.yaml of version v2. */
const leastBuf = "1.32.0";

/** Node, by the range that both packages ask for. */
export function checkNode({ nodeVersion }: DoctorPlace): Finding {
  const least = ownManifest().engines.node.replace(/^>=/, "");
  if (isAtLeast(nodeVersion, least)) return ok("node", nodeVersion);
  return {
    name: "node",
    status: "problem",
    found: nodeVersion,
    cost: "neither crucible-gen nor crucible-runtime is made for it",
    next: `install Node ${least} or later`,
  };
}

/** The program buf, which compiles schemas. */
export async function checkBuf(place: DoctorPlace): Promise<Finding> {
  try {
    const { env, platform } = place;
    const from = join(packageRoot(), "package.json");
    const program = findBuf({ from, path: env["PATH"] ?? "", platform, arch: process.arch });
    const version = await outputOf(program, ["--version"], place);
    if (version !== undefined && /^\d/.test(version) && !isAtLeast(version, leastBuf)) {
      const next = "remove it from the PATH and run npm install without --omit=optional";
      return problem("buf", `${version} in ${program}`, `a buf.gen.yaml of version v2 needs ${leastBuf}`, next);
    }
    if (version !== undefined) return ok("buf", version);
    return problem(
      "buf",
      `${program} does not run`,
      "no schema can be compiled",
      "run npm install again on this machine",
    );
  } catch (error) {
    if (!(error instanceof GeneratorError)) throw error;
    const next = "run npm install without --omit=optional, or put buf on the PATH";
    return problem("buf", "absent", "no schema can be compiled", next);
  }
}

/** protoc, which some use instead of buf. */
export async function checkProtoc(place: DoctorPlace): Promise<Finding> {
  const program = findProgram("protoc", place.env);
  const version = program && (await outputOf(program, ["--version"], place));
  if (version) return ok("protoc", version.replace(/^libprotoc /, ""));
  return {
    name: "protoc",
    status: "optional",
    found: "absent",
    cost: "nothing, as long as buf compiles the schemas; protoc can run protoc-gen-crucible too",
    next: "",
  };
}

/** TypeScript of the project. */
export function checkTypeScript({ cwd }: DoctorPlace): Finding {
  const version = packageVersionFrom(cwd, "typescript");
  const next = "run npm install --save-dev typescript";
  if (version === undefined) return warning("typescript", "absent", "generated code is not compiled or checked", next);
  if (isAtLeast(version, leastTypeScript)) return ok("typescript", version);
  return warning("typescript", version, `generated code is tested with ${leastTypeScript} and later`, next);
}

/** What generated code imports. */
export function checkLibraries({ cwd }: DoctorPlace): Finding[] {
  const { version: own, dependencies } = ownManifest();
  const libraries = [
    { name: "crucible-runtime", least: own },
    { name: "@bufbuild/protobuf", least: dependencies["@bufbuild/protobuf"]?.replace(/^\D+/, "") ?? "2" },
  ];
  return libraries.map(({ name, least }) => {
    const version = packageVersionFrom(cwd, name);
    const next = `run npm install ${name}@^${least}`;
    if (version === undefined) return warning(name, "absent", "generated code does not run", next);
    if (isAtLeast(version, least) && isCompatible(version, least)) return ok(name, version);
    return warning(name, version, `what is generated is made for ^${least}`, next);
  });
}

function problem(name: string, found: string, cost: string, next: string): Finding {
  return { name, status: "problem", found, cost, next };
}

function warning(name: string, found: string, cost: string, next: string): Finding {
  return { name, status: "warning", found, cost, next };
}

function numbers(version: string): number[] {
  return version.split(/[.+-]/).slice(0, 3).map(Number);
}

/** Whether a version is another or a later one. */
export function isAtLeast(version: string, least: string): boolean {
  const [a, b] = [numbers(version), numbers(least)];
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** As a caret range has it: the same first number that is not 0. */
function isCompatible(version: string, other: string): boolean {
  const [a, b] = [numbers(version), numbers(other)];
  return a[0] === b[0] && (b[0] !== 0 || a[1] === b[1]);
}
