import { mistake } from "../errors.js";

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const longestMs = 24 * 3_600_000;

/**
 * Milliseconds of a duration such as `250ms`, `5s`, `1.5m`; 1 ms to 24 h.
 *
 * @throws GeneratorError for anything else.
 */
export function parseDuration(text: string, option: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const ms = found === null ? Number.NaN : Math.round(Number(found[1]) * (units[found[2] ?? ""] ?? 0));
  if (ms >= 1 && ms <= longestMs) return ms;
  throw mistake(`${option} cannot be ${JSON.stringify(text)}: write 250ms, 5s or 2m, from 1ms to 24h`);
}

/**
 * Metadata from `key=value` pairs; a key may come more than once.
 *
 * @throws GeneratorError for a pair without a key or an equals sign.
 */
export function parseMetadata(pairs: readonly string[]): Record<string, readonly string[]> {
  const metadata = new Map<string, string[]>();
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    if (equals < 1) throw mistake(`--metadata ${JSON.stringify(pair)} is no pair: write it as in user=ada`);
    const key = pair.slice(0, equals);
    metadata.set(key, [...(metadata.get(key) ?? []), pair.slice(equals + 1)]);
  }
  return Object.fromEntries(metadata);
}
