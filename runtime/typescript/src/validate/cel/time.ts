// Timestamps and durations. Parts that are missing are 0, and so is a whole one that is missing.
import type { TimeParts } from "../time.js";
import { CelFault } from "./fault.js";

type Time = TimeParts | undefined;

const nanosInSecond = 1_000_000_000n;
const lastSecond = 253_402_300_799n;
const firstSecond = -62_135_596_800n;

/** Compares two timestamps or two durations: less than, equal to or greater than 0. */
export function compareTimes(a: Time, b: Time): number {
  const [left, right] = [a?.seconds ?? 0n, b?.seconds ?? 0n];
  if (left !== right) return left < right ? -1 : 1;
  return (a?.nanos ?? 0) - (b?.nanos ?? 0);
}

/** The platform's clock. */
export function currentTime(): TimeParts {
  return timestamp(BigInt(Date.now()) * 1_000_000n);
}

/** A timestamp so much later. */
export function timestampPlus(time: Time, duration: Time): TimeParts {
  return timestamp(nanosOf(time) + nanosOf(duration));
}

/** A timestamp so much earlier. */
export function timestampMinus(time: Time, duration: Time): TimeParts {
  return timestamp(nanosOf(time) - nanosOf(duration));
}

/** Two durations together. */
export function durationPlus(a: Time, b: Time): TimeParts {
  return duration(nanosOf(a) + nanosOf(b));
}

/** What lies between two timestamps, or is left of a duration. */
export function durationMinus(a: Time, b: Time): TimeParts {
  return duration(nanosOf(a) - nanosOf(b));
}

/** The seconds of a timestamp or duration. */
export function secondsOf(time: Time): bigint {
  return time?.seconds ?? 0n;
}

/** The milliseconds of a duration, beside its seconds. */
export function millisOf(time: Time): number {
  return Math.trunc((time?.nanos ?? 0) / 1_000_000);
}

/** A timestamp as a date, of which the parts in UTC can be read. */
export function dateOf(time: Time): Date {
  const date = new Date(Number(time?.seconds ?? 0n) * 1000 + Math.round((time?.nanos ?? 0) / 1_000_000));
  if (Number.isNaN(date.getTime())) throw new CelFault("a timestamp is out of range");
  return date;
}

/** The day of the year, from 0. */
export function dayOfYear(time: Time): number {
  const date = dateOf(time);
  const start = new Date(0);
  start.setUTCFullYear(date.getUTCFullYear(), 0, 1);
  return Math.floor((date.getTime() - start.getTime()) / 86_400_000);
}

function nanosOf(time: Time): bigint {
  return (time?.seconds ?? 0n) * nanosInSecond + BigInt(time?.nanos ?? 0);
}

function timestamp(nanos: bigint): TimeParts {
  const rest = ((nanos % nanosInSecond) + nanosInSecond) % nanosInSecond;
  const seconds = (nanos - rest) / nanosInSecond;
  if (seconds > lastSecond || seconds < firstSecond) throw new CelFault("a timestamp is out of range");
  return { seconds, nanos: Number(rest) };
}

function duration(nanos: bigint): TimeParts {
  if (BigInt.asIntN(64, nanos) !== nanos) throw new CelFault("a duration is out of range");
  return { seconds: nanos / nanosInSecond, nanos: Number(nanos % nanosInSecond) };
}
