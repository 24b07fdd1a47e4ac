// What may be there and need not. Each says what its absence costs, and whether this version makes use of it at all.
import { constants, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type DoctorPlace,
  type Finding,
  findProgram,
  isAccessible,
  ok,
  outputOf,
  packageVersionFrom,
} from "./finding.js";

/** A package that a project may install. */
interface OptionalPackage {
  readonly name: string;
  /** What is without it. */
  readonly cost: string;
}

const packages: readonly OptionalPackage[] = [
  { name: "koffi", cost: "large messages go over the socket, and a daemon cannot see which process dials it" },
  {
    name: "@bufbuild/cel",
    cost: "rules in CEL that are not compiled end their calls with PACKAGE_MISSING",
  },
  { name: "@bufbuild/re2", cost: "validators with patterns that are not compiled cannot be loaded" },
];
const unused = "this version does not use it yet";

/** The optional packages of the project. */
export function checkPackages({ cwd }: DoctorPlace): Finding[] {
  return packages.map(({ name, cost }) => {
    const version = packageVersionFrom(cwd, name);
    return version === undefined ? absent(name, cost, `run npm install ${name}`) : ok(name, version);
  });
}

/** bubblewrap, tried: many machines have it and forbid what it does. */
export async function checkBubblewrap(place: DoctorPlace): Promise<Finding> {
  const name = "bubblewrap";
  const cost = `plugins reach whatever the user of the daemon reaches; ${unused}`;
  if (place.platform !== "linux") return absent(name, cost, "", "for Linux only");
  const program = findProgram("bwrap", place.env);
  if (program === undefined) return absent(name, cost, "");
  const tried = await outputOf(program, ["--ro-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "true"], place);
  if (tried === undefined) return absent(name, cost, "", "installed, but the system lets it make no namespaces");
  const version = await outputOf(program, ["--version"], place);
  return ok(name, `${version?.replace(/^bubblewrap /, "") ?? "installed"}; ${unused}`);
}

/** Control groups that this user could limit plugins by. */
export function checkCgroups({ cgroups, platform }: DoctorPlace): Finding {
  const name = "cgroups";
  const cost = `memory and processor time of a plugin cannot be limited; ${unused}`;
  if (platform !== "linux") return absent(name, cost, "", "for Linux only");
  const wanted = ["cpu", "memory", "pids"];
  const version2 =
    controllers(join(cgroups, "cgroup.controllers")) ?? controllers(join(cgroups, "unified/cgroup.controllers"));
  const version1 = wanted.filter((one) => isAccessible(join(cgroups, one), constants.W_OK));
  if (version2 !== undefined && wanted.every((one) => version2.includes(one))) {
    const writable = isAccessible(join(cgroups, "cgroup.subtree_control"), constants.W_OK);
    return writable
      ? ok(name, `v2: ${wanted.join(", ")}; ${unused}`)
      : absent(name, cost, "", "v2, which this user may not divide");
  }
  if (version1.length === wanted.length) return ok(name, `v1: ${wanted.join(", ")}; ${unused}`);
  return absent(
    name,
    cost,
    "",
    version1.length > 0 ? `v1, for this user ${version1.join(", ")} only` : "none for this user",
  );
}

function absent(name: string, cost: string, next: string, found = "absent"): Finding {
  return { name, status: "optional", found, cost, next };
}

function controllers(path: string): string[] | undefined {
  try {
    return readFileSync(path, "utf8").trim().split(/\s+/);
  } catch {
    return undefined;
  }
}
