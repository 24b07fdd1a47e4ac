import type { Clock } from "../../clock/clock.js";
import { CrucibleError } from "../../error/index.js";
import { clientAuth, pluginUri, serverAuth } from "../identity.js";
import { parseAuthority, verifyLeaf } from "./verify-leaf.js";

/** Whose plugins a daemon lets in over TLS. */
export interface PluginVerifierOptions {
  /** The daemon's own authority, PEM. */
  readonly authority: string;
  readonly clock: Clock;
}

/**
 * The check of the certificate that a plugin shows over TLS: as that of a daemon's leaf, with the usages and the name of a
 * plugin. Takes the certificate in DER; undefined when none was shown.
 *
 * @throws CrucibleError AUTHORITY_INVALID when the authority's certificate is no such thing; what it returns throws
 * IDENTITY_MISMATCH.
 */
export function createPluginVerifier(
  options: PluginVerifierOptions,
): (certificate: Uint8Array | undefined, pluginId: string) => void {
  const { clock } = options;
  const authority = parseAuthority(options.authority);
  if (authority === undefined) {
    throw new CrucibleError(
      "AUTHORITY_INVALID",
      "the daemon's authority is no CA certificate: delete it for a new one",
    );
  }
  return (certificate, pluginId) => {
    const refused = (fact: string): CrucibleError =>
      new CrucibleError("IDENTITY_MISMATCH", `plugin ${pluginId}: ${fact}; let this daemon launch the plugin again`);
    if (certificate === undefined) throw refused("it shows no certificate over TLS");
    const usage = [clientAuth, "clientAuth"] as const;
    const noUsage = [serverAuth, "serverAuth"] as const;
    verifyLeaf({ who: "plugin", authority, uri: pluginUri(pluginId), usage, noUsage, clock, refused }, [certificate]);
  };
}
