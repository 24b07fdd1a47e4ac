// The texts of timestamps and durations in expressions.
import { fromJson } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import type { TimeValue } from "./ast.js";

const nanosInSecond = 1_000_000_000n;
const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  ms: 1_000_000n,
  s: nanosInSecond,
  m: 60n * nanosInSecond,
  h: 3600n * nanosInSecond,
};

/** Whether a text is short enough to be a time at all. */
export function isTimeText(text: string): boolean {
  return text.length <= 128;
}

/** The instant that a text in the format of RFC 3339 names; undefined when it is none. */
export function parseTimestamp(text: string): TimeValue | undefined {
  try {
    const { seconds, nanos } = fromJson(TimestampSchema, text);
    return { seconds, nanos };
  } catch {
    return undefined;
  }
}

/** The time that a text such as `1h30m` or `-1.5s` names; undefined when it is none, or longer than 292 years. */
export function parseDuration(text: string): TimeValue | undefined {
  if (!isTimeText(text)) return undefined;
  if (/^[-+]?0$/.test(text)) return { seconds: 0n, nanos: 0 };
  if (!/^[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of text.matchAll(/(\d*)\.?(\d*)(ns|us|µs|ms|s|m|h)/g)) {
    const factor = units[unit] ?? 0n;
    total += BigInt(whole || 0) * factor + (BigInt(fraction || 0) * factor) / 10n ** BigInt(fraction.length);
  }
  if (text.startsWith("-")) total = -total;
  if (BigInt.asIntN(64, total) !== total) return undefined;
  return { seconds: total / nanosInSecond, nanos: Number(total % nanosInSecond) };
}
