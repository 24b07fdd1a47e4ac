import { CrucibleError } from "../error/index.js";
import { resolveCacheBytes } from "../rpc/cache/answer-space.js";
import { type CompressionPolicy, isCompressionPolicy } from "../session/compression.js";
import { type Encryption, isEncryption } from "../session/encryption.js";
import { type ResolvedHandoff, resolveHandoff } from "../session/handoff/options.js";
import type { SessionLimits } from "../session/limits.js";
import { resolveLimits } from "../session/resolve-limits.js";
import type { ServeOptions } from "./options.js";

const defaultIdleConnectionMs = 30_000;

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
export function checkServe(options: ServeOptions): CheckedOptions {
  const {
    encryption = "none",
    compression = "auto",
    connections,
    idleConnectionMs = defaultIdleConnectionMs,
  } = options;
  if (!isEncryption(encryption)) {
    throw new CrucibleError("OPTION_INVALID", `encryption is ${JSON.stringify(encryption)}; see ServeOptions`);
  }
  if (!isCompressionPolicy(compression)) {
    throw new CrucibleError("OPTION_INVALID", `compression is ${JSON.stringify(compression)}; see ServeOptions`);
  }
  if (connections !== undefined) checkRange("connections", connections, 1, 16);
  checkRange("idleConnectionMs", idleConnectionMs, 1_000, 3_600_000);
  const limits = resolveLimits(options.limits);
  const cacheBytes = resolveCacheBytes(options.cacheBytes);
  const handoff = resolveHandoff(options.handoff);
  return { ...options, limits, encryption, compression, handoff, cacheBytes, idleConnectionMs };
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new CrucibleError(
    "OPTION_INVALID",
    `${name} is ${String(value)}; it is a whole number from ${least} to ${most}`,
  );
}
