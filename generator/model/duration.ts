import type { Duration } from "@bufbuild/protobuf/wkt";

const dayMs = 24 * 60 * 60 * 1000;

/** Milliseconds of a duration from 1 ms to 24 h, rounded up; undefined for any other. */
export function millis(duration: Duration): number | undefined {
  const ms = Number(duration.seconds) * 1000 + duration.nanos / 1_000_000;
  return ms >= 1 && ms <= dayMs ? Math.ceil(ms) : undefined;
}
