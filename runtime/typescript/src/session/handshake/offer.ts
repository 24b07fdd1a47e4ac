import { CrucibleError } from "../../error/index.js";

/** What one side can speak, as its hello says it. */
export interface Offer {
  /** Protocol versions, best first; 1 to 16 of them, each 1 to 255. */
  readonly protocolVersions: readonly number[];
  /** Optional features by name (`[a-z0-9][a-z0-9._-]*`, at most 64 characters), at most 64 of them. */
  readonly features: readonly string[];
  /** Version of the runtime, semver. */
  readonly productVersion: string;
}

/** What both sides will speak. */
export interface Choice {
  /** The highest version that is in both lists. */
  readonly protocolVersion: number;
  /** The features that are in both lists, sorted. */
  readonly features: readonly string[];
  /** For people: the plugin runs in compatibility mode and should be upgraded. */
  readonly warning?: string;
}

/** Major versions of older plugins that the daemon still serves, each with a compatibility mode of its own. None so far. */
export const compatibleMajors: readonly number[] = [];

const maxVersions = 16;
const maxFeatures = 64;
const featureForm = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const versionForm = /^(\d{1,9})\.\d{1,9}\.\d{1,9}(?:[-+][0-9A-Za-z.+-]{1,64})?$/;

/** Checks the other side's offer. @throws CrucibleError HANDSHAKE_FAILED naming what is wrong. */
export function assertOffer(offer: Offer, whose: "plugin" | "daemon"): void {
  const { protocolVersions, features, productVersion } = offer;
  const bad = (fact: string): CrucibleError => {
    const text = `the ${whose}'s hello ${fact}: the ${whose}'s runtime is broken or hostile; upgrade it`;
    return new CrucibleError("HANDSHAKE_FAILED", text);
  };
  if (protocolVersions.length === 0 || protocolVersions.length > maxVersions) {
    throw bad(`lists ${protocolVersions.length} protocol versions instead of 1 to ${maxVersions}`);
  }
  if (!protocolVersions.every((version) => Number.isInteger(version) && version >= 1 && version <= 255)) {
    throw bad("lists a protocol version outside 1 to 255");
  }
  if (features.length > maxFeatures) throw bad(`lists more than ${maxFeatures} features`);
  if (!features.every((feature) => featureForm.test(feature)))
    throw bad("lists a feature whose name has no valid form");
  if (!versionForm.test(productVersion)) throw bad("states a product version that is no semver");
}

/**
 * The choice that follows from two offers that have passed `assertOffer`; both sides compute it. Same major product
 * version works. A plugin newer by a major is refused, an older one served when the daemon still has that mode.
 *
 * @param modes of the daemon; a plugin, which cannot know them, leaves the judgement of its age to the daemon.
 * @throws CrucibleError VERSION_MISMATCH saying which side to upgrade and to what.
 */
export function negotiate(plugin: Offer, daemon: Offer, modes: readonly number[] | "any"): Choice {
  const common = plugin.protocolVersions.filter((version) => daemon.protocolVersions.includes(version));
  if (common.length === 0) throw noCommonProtocol(plugin, daemon);
  const warning = judgeProducts(plugin.productVersion, daemon.productVersion, modes);
  // Feature names are ASCII: the order of code units is the order of bytes, in every language.
  const features = [...new Set(plugin.features)].filter((feature) => daemon.features.includes(feature)).toSorted();
  return { protocolVersion: Math.max(...common), features, ...(warning === undefined ? {} : { warning }) };
}

function noCommonProtocol(plugin: Offer, daemon: Offer): CrucibleError {
  const newest = { plugin: Math.max(...plugin.protocolVersions), daemon: Math.max(...daemon.protocolVersions) };
  const older = newest.plugin < newest.daemon ? "plugin" : "daemon";
  const wanted = older === "plugin" ? daemon.protocolVersions : plugin.protocolVersions;
  const spoken = older === "plugin" ? plugin.protocolVersions : daemon.protocolVersions;
  const text =
    `no common protocol version: upgrade the ${older}'s runtime to one that speaks protocol ${Math.min(...wanted)} ` +
    `(it speaks ${spoken.join(", ")})`;
  return new CrucibleError("VERSION_MISMATCH", text);
}

function judgeProducts(plugin: string, daemon: string, modes: readonly number[] | "any"): string | undefined {
  const ours = majorOf(daemon);
  const theirs = majorOf(plugin);
  if (theirs === ours) return undefined;
  if (theirs > ours) {
    const text = `plugin runtime ${plugin} is newer than daemon runtime ${daemon}: upgrade the daemon to ${theirs}.x`;
    throw new CrucibleError("VERSION_MISMATCH", text);
  }
  const older = `plugin runtime ${plugin} is older than daemon runtime ${daemon}`;
  if (modes === "any" || modes.includes(theirs)) {
    return `${older} and served in compatibility mode, which will go: upgrade the plugin to ${ours}.x`;
  }
  throw new CrucibleError("VERSION_MISMATCH", `${older}, which no longer serves it: upgrade the plugin to ${ours}.x`);
}

function majorOf(version: string): number {
  return Number(versionForm.exec(version)?.[1] ?? Number.NaN);
}
