import { productVersion } from "../../version.js";
import { advanceFeature } from "../advance.js";
import { type CompressionPolicy, lz4Feature } from "../compression.js";
import { sealedFeature } from "../encryption.js";
import { handoffFeature } from "../handoff/options.js";
import { joinFeature, resumeFeature } from "./entry.js";
import type { Offer } from "./offer.js";

/** What this runtime speaks. */
export const ownOffer: Offer = {
  protocolVersions: [1],
  features: [advanceFeature, joinFeature, lz4Feature, resumeFeature, sealedFeature],
  productVersion,
};

/** What of it a side speaks beside its policies. */
export interface OfferedParts {
  /** A session may outlive its connections. Default: true. */
  readonly resumes?: boolean;
  /** There is memory that both sides share. Default: false. */
  readonly handoff?: boolean;
}

/** The same for a side with this policy and these parts: who compresses nothing reads nothing compressed either. */
export function offerFor(
  compression: CompressionPolicy,
  { resumes = true, handoff = false }: OfferedParts = {},
): Offer {
  const left = new Set<string>();
  if (compression === "off") left.add(lz4Feature);
  if (!resumes) left.add(resumeFeature);
  const features = ownOffer.features.filter((feature) => !left.has(feature));
  return { ...ownOffer, features: handoff ? [handoffFeature, ...features] : features };
}
