import { productVersion } from "../../version.js";
import { type CompressionPolicy, lz4Feature } from "../compression.js";
import { sealedFeature } from "../encryption.js";
import { joinFeature, resumeFeature } from "./entry.js";
import type { Offer } from "./offer.js";

/** What this runtime speaks. */
export const ownOffer: Offer = {
  protocolVersions: [1],
  features: [joinFeature, lz4Feature, resumeFeature, sealedFeature],
  productVersion,
};

/** The same for a side with these policies: who compresses nothing reads nothing compressed either. */
export function offerFor(compression: CompressionPolicy, resumes = true): Offer {
  const left = new Set<string>();
  if (compression === "off") left.add(lz4Feature);
  if (!resumes) left.add(resumeFeature);
  return { ...ownOffer, features: ownOffer.features.filter((feature) => !left.has(feature)) };
}
