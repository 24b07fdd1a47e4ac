import { Buffer } from "node:buffer";
import type { StaticKey } from "../crypto/cipher-suite.js";
import type { DaemonCore } from "./core.js";

/** What a launched process needs to reach its daemon: one line of JSON. It holds a token and a private key. */
export async function makeTicket(core: DaemonCore, pluginId: string, address: string, key: StaticKey): Promise<string> {
  const { authority, issuer } = core;
  const token = await issuer.issue({ pluginId, staticKey: key.publicKey });
  const ticket = {
    version: 1,
    address,
    pluginId,
    daemonId: authority.daemonId,
    authority: authority.caCertificate,
    token,
    noiseKey: Buffer.from(key.privateKey).toString("base64url"),
    descriptors: {},
  };
  return `${JSON.stringify(ticket)}\n`;
}
