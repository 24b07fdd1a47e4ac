import { CrucibleError } from "../error/index.js";

/** Where somebody listens, taken apart. */
export type Address =
  | { readonly kind: "unix"; /** Absolute. */ readonly path: string }
  | { readonly kind: "pipe"; readonly name: string }
  | TlsAddress
  | { readonly kind: "memory"; readonly name: string };

/** A host and its ports. */
export interface TlsAddress {
  readonly kind: "tls";
  /** A name, or an IPv4 or IPv6 address without brackets. */
  readonly host: string;
  /** 0 to 65,535; 0 leaves the choice to the system, and is for listening only. */
  readonly port: number;
  /** The last port of a range that begins with `port`, which is for listening only; the same as `port` where it is none. */
  readonly lastPort: number;
}

const reserved = new Set(["tcp", "ws", "wss"]);
const forms = "write unix:/path/to/name.sock, tls://host:port, pipe:name or memory:name";
const tlsForm = "write tls://host:port, an IPv6 address in brackets";

/**
 * Takes an address apart. Throws reason ADDRESS_INVALID. The forms, nothing of which is escaped:
 * - `unix:/absolute/path`; how long it may be is for the platform to say;
 * - `tls://host:port`, where the host is a name, an IPv4 address or an IPv6 address in brackets. Who listens may write port
 *   0, or a range such as `9000-9999` whose first free port is taken;
 * - `pipe:name`, a named pipe of Windows, with letters, digits, dots, dashes and underscores, at most 128;
 * - `memory:name`, with the same characters, at most 64.
 */
export function parseAddress(address: string): Address {
  const colon = address.indexOf(":");
  const kind = colon < 0 ? "" : address.slice(0, colon);
  const rest = address.slice(colon + 1);
  if (kind === "unix") return { kind, path: checkPath(address, rest) };
  if (kind === "tls") return parseTls(address, rest);
  if (kind === "pipe") return { kind, name: checkName(address, rest, 128) };
  if (kind === "memory") return { kind, name: checkName(address, rest, 64) };
  if (reserved.has(kind)) throw invalid(address, `wants the transport ${kind}, which is not available yet`);
  throw invalid(address, `names no known transport; ${forms}`);
}

/** The address of one port: the opposite of `parseAddress`. */
export function tlsAddress(host: string, port: number): string {
  return `tls://${host.includes(":") ? `[${host}]` : host}:${port}`;
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

function checkName(address: string, name: string, most: number): string {
  if (name.length <= most && /^[A-Za-z0-9._-]+$/.test(name)) return name;
  throw invalid(address, `has a name that is not 1 to ${most} letters, digits, dots, dashes and underscores`);
}

function parseTls(address: string, rest: string): TlsAddress {
  const parts = /^\/\/(?:\[([^\]]*)\]|([^:/[\]]*)):([^:]*)$/.exec(rest.slice(0, 300));
  if (parts === null || rest.length > 300) throw invalid(address, `has not the form of a host and a port; ${tlsForm}`);
  const [, ipv6, name, ports] = parts;
  const host = ipv6 ?? name ?? "";
  if (!(ipv6 === undefined ? isHost(host) : isIpv6(host))) throw invalid(address, `has no valid host; ${tlsForm}`);
  const range = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(ports ?? "");
  const port = Number(range?.[1]);
  const lastPort = range?.[2] === undefined ? port : Number(range[2]);
  if (range === null || lastPort > 65_535 || port > lastPort || (port === 0 && lastPort > 0)) {
    throw invalid(address, `has no valid port; ${tlsForm} from 1 to 65535`);
  }
  return { kind: "tls", host, port, lastPort };
}

/** A name, or an IPv4 address: no name ends in a label of digits, so that nothing is taken for the other. */
function isHost(host: string): boolean {
  if (/(?:^|\.)\d+$/.test(host)) return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(host);
  return (
    host.length <= 253 &&
    host.split(".").every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label))
  );
}

function isIpv6(host: string): boolean {
  return /^[0-9A-Fa-f:.]{2,45}$/.test(host) && URL.canParse(`tls://[${host}]`);
}

function invalid(address: string, fact: string): CrucibleError {
  const shown = address.length > 200 ? `${address.slice(0, 200)}…` : address;
  return new CrucibleError("ADDRESS_INVALID", `address ${JSON.stringify(shown)} ${fact}`);
}
