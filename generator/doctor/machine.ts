// What daemons need of the machine. Nothing is made or changed.
import { constants, lstatSync, type Stats } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { type DoctorPlace, type Finding, isAccessible, nearestFolder, ok } from "./finding.js";

/** Where temporary files go, and whether others could exchange them. */
export function checkTemporary({ tmp, env }: DoctorPlace): Finding[] {
  const own = env["TMPDIR"] ?? tmpdir();
  const writable: Finding = isAccessible(own, constants.W_OK | constants.X_OK)
    ? ok("temporary folder", own)
    : {
        name: "temporary folder",
        status: "problem",
        found: `${own} cannot be written to`,
        cost: "neither generate nor call works",
        next: "set TMPDIR to a folder that can be written to",
      };
  const stats = look(tmp);
  if (stats === undefined) return [writable];
  const mode = (stats.mode & 0o7777).toString(8);
  const open = (stats.mode & 0o002) !== 0;
  if (!open || (stats.mode & 0o1000) !== 0) return [writable, ok(tmp, `mode ${mode}`)];
  return [
    writable,
    {
      name: tmp,
      status: "warning",
      found: `mode ${mode}, without the sticky bit`,
      cost: "every user of the machine can remove or replace the sockets of plugins",
      next: `run chmod 1777 ${tmp} as its owner`,
    },
  ];
}

/** The folder that sockets lie in, by the rules of the runtime: a real one, of this user, mode 0700. */
export function checkSockets({ tmp, env, uid }: DoctorPlace): Finding {
  const name = "socket directory";
  if (uid === undefined) {
    const cost = "plugins cannot be launched: there are no Unix sockets";
    return { name, status: "problem", found: "this platform has no users", cost, next: "use Linux, macOS or WSL" };
  }
  const runtime = env["XDG_RUNTIME_DIR"];
  const candidates = [
    join(tmp, "crucible-plugins"),
    ...(runtime !== undefined && isAbsolute(runtime) ? [join(runtime, "crucible-plugins")] : []),
    join(tmp, `crucible-plugins-${uid}`),
  ];
  const wrong = candidates.map((path) => socketTrouble(path, uid));
  const chosen = wrong.indexOf(undefined);
  const [first = ""] = candidates;
  if (chosen === 0) return ok(name, `${first}${look(first) === undefined ? ", made when it is first used" : ""}`);
  const fact = `${first} ${wrong[0]}`;
  const next = `run rm -r ${first} as its owner, or give createDaemon a socketDirectory`;
  if (chosen < 0) {
    return {
      name,
      status: "problem",
      found: fact,
      cost: "daemons that name no folder of their own do not start",
      next,
    };
  }
  const cost = `daemons use ${candidates[chosen]} and warn at each start`;
  return { name, status: "warning", found: fact, cost, next };
}

/** Where daemons keep their keys. */
export function checkState({ env }: DoctorPlace): Finding {
  const home = env["HOME"] ?? homedir();
  const given = env["XDG_STATE_HOME"];
  const folder = join(given !== undefined && isAbsolute(given) ? given : join(home, ".local/state"), "crucible");
  if (isAccessible(nearestFolder(folder), constants.W_OK | constants.X_OK)) return ok("state directory", folder);
  return {
    name: "state directory",
    status: "problem",
    found: `${folder} cannot be written to`,
    cost: "daemons that name no folder of their own cannot keep their keys, and do not start",
    next: "set XDG_STATE_HOME, or give createDaemon a stateDirectory",
  };
}

/** What is wrong with a folder for sockets; undefined when it will do, also when it can be made. */
function socketTrouble(path: string, uid: number): string | undefined {
  const stats = look(path);
  if (stats === undefined) {
    return isAccessible(nearestFolder(path), constants.W_OK | constants.X_OK) ? undefined : "cannot be made";
  }
  if (stats.isSymbolicLink()) return "is a symbolic link";
  if (!stats.isDirectory()) return "is no folder";
  if (stats.uid !== uid) return `belongs to user ${stats.uid}`;
  const mode = stats.mode & 0o777;
  return mode === 0o700 ? undefined : `has mode 0${mode.toString(8)} instead of 0700`;
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
