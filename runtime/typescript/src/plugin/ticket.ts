import { Buffer } from "node:buffer";
import { isDaemonId, isPluginId } from "../crypto/identity.js";
import { CrucibleError } from "../error/index.js";

/** What a daemon gives to the process that it launches. It holds a token and a private key. */
export interface Ticket {
  /** Where to dial. */
  readonly address: string;
  readonly pluginId: string;
  readonly daemonId: string;
  /** The authority's certificate, PEM. */
  readonly authority: string;
  readonly token: string;
  /** The plugin's private Noise key, 32 bytes. */
  readonly noiseKey: Uint8Array;
  /** What the plugin shows over TLS, both PEM; undefined where the daemon asks for nothing. */
  readonly certified: { readonly certificate: string; readonly privateKey: string } | undefined;
  /** Descriptors of the memory that the daemon writes and of that which it reads; undefined where it shares none. */
  readonly arenas: { readonly incoming: number; readonly outgoing: number } | undefined;
}

/** A longer ticket is refused unread. */
export const maxTicketBytes = 65_536;
const maxTokenCharacters = 8_192;
const keyForm = /^[A-Za-z0-9_-]{43}$/;

/** Reads the JSON of a ticket. @throws CrucibleError TICKET_INVALID naming what is wrong; never what it holds. */
export function parseTicket(text: string): Ticket {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // What the parser says quotes the text, which is secret.
    throw ticketInvalid("is no JSON");
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) throw ticketInvalid("is no JSON object");
  if (fields["version"] !== 1) throw ticketInvalid("has another version than 1");
  const { descriptors } = fields;
  if (typeof descriptors !== "object" || descriptors === null || Array.isArray(descriptors)) {
    throw ticketInvalid("has no proper descriptors");
  }
  const noiseKey = textOf(fields, "noiseKey", (text) => keyForm.test(text));
  return {
    address: textOf(fields, "address", (address) => address !== ""),
    pluginId: textOf(fields, "pluginId", isPluginId),
    daemonId: textOf(fields, "daemonId", isDaemonId),
    authority: textOf(fields, "authority", (pem) => pem !== ""),
    token: textOf(fields, "token", (token) => token !== "" && token.length <= maxTokenCharacters),
    noiseKey: new Uint8Array(Buffer.from(noiseKey, "base64url")),
    certified: certifiedOf(fields),
    arenas: arenasOf(descriptors as Record<string, unknown>),
  };
}

/** Both or neither. */
function certifiedOf(fields: Record<string, unknown>): Ticket["certified"] {
  const { certificate, certificateKey } = fields;
  if (certificate === undefined && certificateKey === undefined) return undefined;
  const isPem = (text: string): boolean => text.startsWith("-----BEGIN ");
  return {
    certificate: textOf(fields, "certificate", isPem),
    privateKey: textOf(fields, "certificateKey", isPem),
  };
}

/** Both arenas or none; other descriptors mean nothing here. */
function arenasOf(descriptors: Record<string, unknown>): Ticket["arenas"] {
  const [incoming, outgoing] = [descriptors["arena-to-plugin"], descriptors["arena-to-daemon"]];
  if (incoming === undefined && outgoing === undefined) return undefined;
  if (isDescriptor(incoming) && isDescriptor(outgoing) && incoming !== outgoing) return { incoming, outgoing };
  throw ticketInvalid("has no proper descriptors");
}

function isDescriptor(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 2 && (value as number) < 10_000;
}

function textOf(fields: Record<string, unknown>, name: string, isValid: (text: string) => boolean): string {
  const value = fields[name];
  if (typeof value === "string" && isValid(value)) return value;
  throw ticketInvalid(`has no proper ${name}`);
}

/** The error of every ticket that cannot be used. */
export function ticketInvalid(fact: string, cause?: unknown): CrucibleError {
  return new CrucibleError("TICKET_INVALID", `the launch ticket ${fact}; let the daemon launch this plugin again`, {
    cause,
  });
}
