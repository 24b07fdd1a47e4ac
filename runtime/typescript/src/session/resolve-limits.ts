import { CrucibleError } from "../error/index.js";
import { checkNumber, type Names, readOptions } from "../error/options.js";
import type { Limits } from "../gen/crucible/ipc/v1/control_pb.js";
import { defaultLimits, type SessionLimits } from "./limits.js";

/** The least and the most of each limit. PROTOCOL.md, "Limits", has the announced ones. */
const ranges: Readonly<Record<keyof SessionLimits, readonly [least: number, most: number]>> = {
  maxFrameBytes: [65_536, 16_777_216],
  maxMessageBytes: [65_536, 2_147_483_647],
  maxCalls: [1, 65_536],
  maxIncompleteBytes: [65_536, Number.MAX_SAFE_INTEGER],
  handshakeTimeoutMs: [10, 600_000],
  frameTimeoutMs: [10, 600_000],
  heartbeatIntervalMs: [1_000, 3_600_000],
  heartbeatMisses: [1, 100],
  cancelsPerSecond: [1, 1_000_000],
};

const names = Object.fromEntries(Object.keys(ranges).map((name) => [name, true])) as Names<SessionLimits>;

/** The most connections of a session. */
const mostConnections = 16;

/** `given` with the defaults for what is missing. @throws CrucibleError OPTION_INVALID naming what is out of range. */
export function resolveLimits(given: Partial<SessionLimits> = {}): SessionLimits {
  const own = readOptions<Partial<SessionLimits>>("limits", given, names);
  for (const [name, value] of Object.entries(own) as [keyof SessionLimits, number][]) {
    checkNumber(`limits: ${name}`, value, ...ranges[name]);
  }
  return { ...defaultLimits, ...own };
}

/**
 * The limits of a plugin: its own, but for those that the daemon announces, which hold both ways.
 *
 * @throws CrucibleError REGISTER_INVALID when the daemon announces one out of range.
 */
export function adoptLimits(
  own: SessionLimits,
  announced: Limits | undefined,
  heartbeatIntervalMs: number,
): SessionLimits {
  return {
    ...own,
    maxFrameBytes: adopt("maxFrameBytes", announced?.maxFrameBytes),
    maxMessageBytes: adopt("maxMessageBytes", announced?.maxMessageBytes),
    maxCalls: adopt("maxCalls", announced?.maxCalls),
    heartbeatIntervalMs: adopt("heartbeatIntervalMs", heartbeatIntervalMs),
  };
}

/**
 * Connections that the daemon allows: one unless it says otherwise.
 *
 * @throws CrucibleError REGISTER_INVALID when it announces one out of range.
 */
export function adoptConnections(announced: Limits | undefined): number {
  const most = announced?.maxConnections ?? 0;
  if (most <= mostConnections) return Math.max(1, most);
  throw new CrucibleError(
    "REGISTER_INVALID",
    `the daemon's answer: max_connections is ${most}; it is a whole number from 1 to ${mostConnections}`,
  );
}

function adopt(name: keyof SessionLimits, value: number | undefined): number {
  // 0 and absent are the same: the default.
  if (value === undefined || value === 0) return defaultLimits[name];
  return checkNumber(`the daemon's answer: ${name}`, value, ...ranges[name], "REGISTER_INVALID");
}
