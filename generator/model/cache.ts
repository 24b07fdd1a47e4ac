// The option `cache` of a method: read, checked and defaulted.
import type { CachePolicy, MethodOptions } from "../gen/crucible/options/v1/options_pb.js";
import { millis } from "./duration.js";
import type { CacheModel, MethodModel } from "./model.js";

const defaultBytes = 1024 * 1024;
const leastBytes = 1024;
/** What the runtime takes for the subject of an event. */
const subjectPattern = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
const maxSubjectLength = 255;

/** What of a method, as it is declared, caching depends on. */
export interface CachedMethod extends Pick<MethodModel, "name" | "shape" | "idempotency"> {
  readonly options: MethodSettings;
}

/** The options of a method, as they are stated. */
export type MethodSettings = Readonly<Omit<MethodOptions, "$typeName" | "$unknown">>;

/**
 * How answers of a method are cached; undefined when they are not.
 *
 * @param service the name of the service, and `methods` all of its methods.
 * @param complain is told each mistake, as "method X …".
 */
export function readCache(
  { shape, idempotency, options }: CachedMethod,
  service: string,
  methods: readonly CachedMethod[],
  complain: (mistake: string) => void,
): CacheModel | undefined {
  const { cache, sensitive } = options;
  if (cache === undefined) return undefined;
  const ttlMs = cache.ttl === undefined ? undefined : millis(cache.ttl);
  const mistakes = [
    shape !== "unary"
      ? "is a stream and cannot be cached; remove the option cache"
      : idempotency !== "no_side_effects"
        ? "is cached but may have side effects; add option idempotency_level = NO_SIDE_EFFECTS"
        : sensitive && !cache.allowSensitive
          ? "is sensitive and cannot be cached; remove the option cache, or set allow_sensitive in it"
          : undefined,
    ttlMs === undefined
      ? `is cached ${cache.ttl === undefined ? "without a ttl" : "with a ttl outside 1 ms to 24 h"}; set ttl, such as {seconds: 5}`
      : undefined,
    cache.maxBytes > 0 && cache.maxBytes < leastBytes
      ? `is cached in ${cache.maxBytes} bytes, which holds no answer; set max_bytes to ${leastBytes} or more`
      : undefined,
    ...callMistakes(service, methods, cache),
    ...eventMistakes(cache),
  ].filter((mistake) => mistake !== undefined);
  for (const mistake of mistakes) complain(mistake);
  if (ttlMs === undefined || mistakes.length > 0) return undefined;
  return Object.freeze({
    ttlMs,
    maxBytes: cache.maxBytes || defaultBytes,
    invalidatedByEvents: Object.freeze([...new Set(cache.invalidatedByEvents)]),
    allowSensitive: cache.allowSensitive,
  });
}

/** For each method of a service, by name, the wire names of the cached methods that it outdates. */
export function readInvalidations(
  service: string,
  methods: readonly CachedMethod[],
): ReadonlyMap<string, readonly string[]> {
  const outdated = new Map<string, string[]>();
  for (const method of methods) {
    for (const name of new Set(method.options.cache?.invalidatedByCalls)) {
      const wireName = `${service}/${method.name}`;
      const others = outdated.get(name);
      if (others === undefined) outdated.set(name, [wireName]);
      else others.push(wireName);
    }
  }
  return outdated;
}

function callMistakes(
  service: string,
  methods: readonly CachedMethod[],
  { invalidatedByCalls }: CachePolicy,
): (string | undefined)[] {
  return invalidatedByCalls.map((name) => {
    const other = methods.find((method) => method.name === name);
    if (other === undefined)
      return `is invalidated by calls of ${shown(name)}, which is no method of ${service}; name one of its methods`;
    if (other.idempotency === "no_side_effects")
      return `is invalidated by calls of ${name}, which has no side effects; remove one of the two`;
    return undefined;
  });
}

function eventMistakes({ invalidatedByEvents }: CachePolicy): (string | undefined)[] {
  return invalidatedByEvents.map((subject) =>
    subject.length <= maxSubjectLength && subjectPattern.test(subject)
      ? undefined
      : `is invalidated by events of ${shown(subject)}; a subject is segments of A-Za-z0-9_- joined by dots`,
  );
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
