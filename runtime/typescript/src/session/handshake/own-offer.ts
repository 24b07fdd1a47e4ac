import { productVersion } from "../../version.js";
import { type CompressionPolicy, lz4Feature } from "../compression.js";
import { sealedFeature } from "../encryption.js";
import type { Offer } from "./offer.js";

/** What this runtime speaks. */
export const ownOffer: Offer = { protocolVersions: [1], features: [lz4Feature, sealedFeature], productVersion };

/** The same for a side with this policy: who compresses nothing reads nothing compressed either. */
export function offerFor(compression: CompressionPolicy): Offer {
  return compression === "off" ? { ...ownOffer, features: [sealedFeature] } : ownOffer;
}
