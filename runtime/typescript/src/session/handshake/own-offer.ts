import { productVersion } from "../../version.js";
import { sealedFeature } from "../encryption.js";
import type { Offer } from "./offer.js";

/** What this runtime speaks. */
export const ownOffer: Offer = { protocolVersions: [1], features: [sealedFeature], productVersion };
