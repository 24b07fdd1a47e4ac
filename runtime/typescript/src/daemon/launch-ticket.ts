import { Buffer } from "node:buffer";
import type { StaticKey } from "../crypto/cipher-suite.js";
import type { Certified } from "./authority-certificates.js";
import type { DaemonCore } from "./core.js";
import { arenaNames } from "./launch-arenas.js";

/** The first descriptor behind that of the ticket. */
const firstArena = 4;

/**
 * What a launched process needs to reach its daemon: one line of JSON. It holds a token and a private key. With `arenas` it
 * inherits those too.
 */
export async function makeTicket(
  core: DaemonCore,
  pluginId: string,
  address: string,
  key: StaticKey,
  arenas = false,
): Promise<string> {
  const { authority, issuer, listening } = core;
  const token = await issuer.issue({ pluginId, staticKey: key.publicKey });
  const ticket = {
    version: 1,
    address,
    pluginId,
    daemonId: authority.daemonId,
    authority: authority.caCertificate,
    token,
    noiseKey: Buffer.from(key.privateKey).toString("base64url"),
    ...(listening.mutual ? certified(await authority.pluginIdentity(pluginId)) : {}),
    descriptors: arenas ? Object.fromEntries(arenaNames.map((name, i) => [name, firstArena + i])) : {},
  };
  return `${JSON.stringify(ticket)}\n`;
}

function certified({ certificate, privateKey }: Certified): { certificate: string; certificateKey: string } {
  return { certificate, certificateKey: privateKey };
}
