import { checkBoolean, checkNumber, isListOf, type Names, optionInvalid, readOptions } from "../error/options.js";
import { shown } from "../error/text.js";
import { resolveCacheBytes } from "../rpc/cache/answer-space.js";
import { checkSide } from "../rpc/check-sides.js";
import { isCapability } from "../rpc/method-table.js";
import { checkCompression, type CompressionPolicy } from "../session/compression.js";
import { checkEncryption, type Encryption } from "../session/encryption.js";
import { type ResolvedHandoff, resolveHandoff } from "../session/handoff/options.js";
import type { SessionLimits } from "../session/limits.js";
import { resolveLimits } from "../session/resolve-limits.js";
import type { ServeOptions } from "./options.js";

const defaultIdleConnectionMs = 30_000;

const names: Names<ServeOptions> = {
  services: true,
  capabilities: true,
  version: true,
  interceptors: true,
  limits: true,
  encryption: true,
  compression: true,
  handoff: true,
  validation: true,
  cacheBytes: true,
  connections: true,
  idleConnectionMs: true,
  onLog: true,
  exitProcess: true,
};

/** The same, with defaults, and each in its range. */
export interface CheckedOptions extends Omit<ServeOptions, "limits" | "handoff"> {
  readonly limits: SessionLimits;
  readonly encryption: Encryption;
  readonly compression: CompressionPolicy;
  readonly handoff: ResolvedHandoff;
  readonly cacheBytes: number;
  readonly idleConnectionMs: number;
}

/** @throws CrucibleError OPTION_INVALID naming what is wrong. */
export function checkServe(given: ServeOptions): CheckedOptions {
  const options = readOptions("serve", given, names);
  const { capabilities, version, connections, idleConnectionMs = defaultIdleConnectionMs } = options;
  checkSide(options);
  if (version !== undefined && typeof version !== "string") {
    throw optionInvalid(`version is ${shown(version)}; it is a text, such as "1.2.3"`);
  }
  if (capabilities !== undefined && !isListOf(capabilities, isCapability)) {
    throw optionInvalid("capabilities is a list of names of A-Z, a-z, 0-9, dot, underscore and hyphen");
  }
  if (connections !== undefined) checkNumber("connections", connections, 1, 16);
  checkBoolean("exitProcess", options.exitProcess);
  // No spread: it would have the prototype that all objects share.
  return Object.assign(options as Omit<typeof options, "limits" | "handoff">, {
    limits: resolveLimits(options.limits),
    encryption: checkEncryption(options.encryption ?? "none"),
    compression: checkCompression(options.compression ?? "auto"),
    handoff: resolveHandoff(options.handoff),
    cacheBytes: resolveCacheBytes(options.cacheBytes),
    idleConnectionMs: checkNumber("idleConnectionMs", idleConnectionMs, 1_000, 3_600_000),
  });
}
