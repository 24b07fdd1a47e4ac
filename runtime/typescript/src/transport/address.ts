import { CrucibleError } from "../error/index.js";

/** Where somebody listens, taken apart. */
export type Address =
  | { readonly kind: "unix"; /** Absolute. */ readonly path: string }
  | { readonly kind: "memory"; readonly name: string };

const reserved = new Set(["tcp", "tls", "pipe", "ws", "wss"]);
const forms = "write unix:/path/to/name.sock or memory:name";

/**
 * Takes an address apart: `unix:/absolute/path`, or `memory:name` with letters, digits, dots, dashes and underscores, at
 * most 64. Throws reason ADDRESS_INVALID. How long a path may be is for the platform to say.
 */
export function parseAddress(address: string): Address {
  const colon = address.indexOf(":");
  const kind = colon < 0 ? "" : address.slice(0, colon);
  const rest = address.slice(colon + 1);
  if (kind === "unix") return { kind, path: checkPath(address, rest) };
  if (kind === "memory") {
    if (/^[A-Za-z0-9._-]{1,64}$/.test(rest)) return { kind, name: rest };
    throw invalid(address, "has a name that is not 1 to 64 letters, digits, dots, dashes and underscores");
  }
  if (reserved.has(kind)) throw invalid(address, `wants the transport ${kind}, which is not available yet`);
  throw invalid(address, `names no known transport; ${forms}`);
}

function checkPath(address: string, path: string): string {
  if (!path.startsWith("/")) throw invalid(address, `has no absolute path; ${forms}`);
  if (path.startsWith("//")) throw invalid(address, "begins with more than one slash; write unix:/path");
  if (path.endsWith("/")) throw invalid(address, "names a directory; add the name of the socket");
  // NUL would end the path for the system before it does for us; the others would break a line of the log.
  // oxlint-disable-next-line no-control-regex -- Reason: these are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(path)) throw invalid(address, "has control characters in its path; remove them");
  return path;
}

function invalid(address: string, fact: string): CrucibleError {
  const shown = address.length > 200 ? `${address.slice(0, 200)}…` : address;
  return new CrucibleError("ADDRESS_INVALID", `address ${JSON.stringify(shown)} ${fact}`);
}
