// Services and methods: their names on the wire, their kinds, and who may and should do what.
import type { MethodModel, ServiceModel } from "../model/model.js";
import { breaksBoth, mixesOf } from "./change.js";
import type { Comparison } from "./context.js";
import { compareCapabilities } from "./capability-changes.js";

/** Compares all services. */
export function compareServices(comparison: Comparison): void {
  const { old, now, matching } = comparison;
  const arrived = new Set(matching.services.values());
  const methodsNow = new Set(matching.methods.values());
  const idsBefore = new Map(old.services.flatMap(({ methods }) => methods.map((method) => [idKey(method), method])));
  for (const service of old.services) {
    const heir = matching.services.get(service);
    if (heir === undefined) reportGone(comparison, service);
    else compareService(comparison, service, heir);
  }
  for (const service of now.services) {
    if (!arrived.has(service)) {
      comparison.add(service.location, {
        rule: "SERVICE_ADDED",
        element: service.fullName,
        message: `service ${service.fullName} is new, hosted by the ${service.host}`,
        bump: "minor",
        breaks: mixesOf(service.host, { newCallerOldHost: service.methods.length > 0 }),
      });
    }
    for (const method of service.methods) {
      if (arrived.has(service) && !methodsNow.has(method)) {
        comparison.add(method.location, {
          rule: "METHOD_ADDED",
          element: method.wireName,
          message: `method ${method.name} of ${service.fullName} is new (wire id ${hexId(method)}); calls of it to an old ${service.host} fail with METHOD_UNKNOWN`,
          bump: "minor",
          breaks: mixesOf(service.host, { newCallerOldHost: true }),
        });
      }
      const before = idsBefore.get(idKey(method));
      if (before !== undefined && before.wireName !== method.wireName) {
        comparison.add(method.location, {
          rule: "WIRE_ID_REUSED",
          element: method.wireName,
          message: `method ${method.wireName} has the wire id ${hexId(method)} that ${before.wireName} had: old recordings and tables can be mistaken for it`,
          bump: "minor",
        });
      }
    }
  }
  compareCapabilities(comparison);
}

function reportGone(comparison: Comparison, service: ServiceModel): void {
  comparison.addGone(service.location, {
    rule: "SERVICE_REMOVED",
    element: service.fullName,
    message: `service ${service.fullName} is gone with ${service.methods.map(({ name }) => name).join(", ") || "no methods"}; old calls fail with METHOD_UNKNOWN`,
    bump: "major",
    breaks: mixesOf(service.host, { oldCallerNewHost: service.methods.length > 0 }),
    code: true,
    buf: ["SERVICE_NO_DELETE", "PACKAGE_SERVICE_NO_DELETE", "PACKAGE_NO_DELETE", "FILE_NO_DELETE"],
  });
}

function compareService(comparison: Comparison, old: ServiceModel, now: ServiceModel): void {
  if (old.fullName !== now.fullName) {
    comparison.add(now.location, {
      rule: "SERVICE_RENAMED",
      element: now.fullName,
      was: old.fullName,
      message: `service ${old.fullName} is called ${now.fullName} now: all of its methods get other wire ids`,
      bump: "major",
      breaks: breaksBoth,
      code: true,
      buf: [
        "SERVICE_NO_DELETE",
        "PACKAGE_SERVICE_NO_DELETE",
        "PACKAGE_NO_DELETE",
        "FILE_NO_DELETE",
        "FILE_SAME_PACKAGE",
      ],
    });
  }
  if (old.host !== now.host) {
    comparison.add(now.location, {
      rule: "HOST_CHANGED",
      element: now.fullName,
      message: `service ${now.fullName} is hosted by the ${now.host} now, was by the ${old.host}: callers and answerers change sides`,
      bump: "major",
      breaks: breaksBoth,
      code: true,
    });
  }
  for (const method of old.methods) {
    const heir = comparison.matching.methods.get(method);
    if (heir !== undefined) {
      compareMethod(comparison, method, heir);
      continue;
    }
    comparison.addGone(method.location, {
      rule: "METHOD_REMOVED",
      element: method.wireName,
      message: `method ${method.name} of ${now.fullName} is gone (wire id ${hexId(method)}); old calls of it fail with METHOD_UNKNOWN`,
      bump: "major",
      breaks: mixesOf(now.host, { oldCallerNewHost: true }),
      code: true,
      buf: ["RPC_NO_DELETE"],
    });
  }
  compareDeprecation(comparison, old, now, `service ${now.fullName}`, now.fullName);
}

function compareMethod(comparison: Comparison, old: MethodModel, now: MethodModel): void {
  const { host } = now.parent;
  const element = now.wireName;
  const about = `method ${now.name} of ${now.parent.fullName}`;
  if (old.wireName !== now.wireName) {
    comparison.add(now.location, {
      rule: "METHOD_RENAMED",
      element,
      was: old.wireName,
      message: `method ${old.wireName} is called ${now.wireName} now: wire id ${hexId(now)}, was ${hexId(old)}; host both for a while`,
      bump: "major",
      breaks: breaksBoth,
      code: old.name !== now.name,
      buf: ["RPC_NO_DELETE"],
    });
  }
  if (old.shape !== now.shape) {
    comparison.add(now.location, {
      rule: "KIND_CHANGED",
      element,
      message: `${about} is ${kinds[now.shape]} now, was ${kinds[old.shape]}: calls between old and new fail with METHOD_MISMATCH`,
      bump: "major",
      breaks: breaksBoth,
      code: true,
      buf: ["RPC_SAME_CLIENT_STREAMING", "RPC_SAME_SERVER_STREAMING"],
    });
  }
  if (old.sensitive !== now.sensitive) {
    comparison.add(now.location, {
      rule: "SENSITIVE_CHANGED",
      element,
      message: `${about} is ${now.sensitive ? "" : "no longer "}sensitive${now.sensitive ? " now" : ""}: calls between old and new fail with METHOD_MISMATCH`,
      bump: "major",
      breaks: breaksBoth,
    });
  }
  compareMessages(comparison, old, now);
  const ranks = ["unknown", "idempotent", "no_side_effects"];
  if (old.idempotency !== now.idempotency) {
    const weaker = ranks.indexOf(now.idempotency) < ranks.indexOf(old.idempotency);
    const danger = weaker
      ? "old callers go on repeating it"
      : "new callers may repeat it, which an old host does not expect";
    comparison.add(now.location, {
      rule: "IDEMPOTENCY_CHANGED",
      element,
      message: `${about} is ${idempotencies[now.idempotency]} now, was ${idempotencies[old.idempotency]}: ${danger}`,
      bump: weaker ? "major" : "minor",
      breaks: mixesOf(host, { oldCallerNewHost: weaker, newCallerOldHost: !weaker }),
      buf: ["RPC_SAME_IDEMPOTENCY_LEVEL"],
    });
  }
  compareTimes(comparison, old, now, about);
  compareDeprecation(comparison, old, now, about, element);
}

function compareMessages(comparison: Comparison, old: MethodModel, now: MethodModel): void {
  for (const part of ["request", "response"] as const) {
    const [before, after] = [old[part], now[part]];
    if (before.fullName === after.fullName || comparison.matching.messages.get(before) === after) continue;
    comparison.add(now.location, {
      rule: part === "request" ? "REQUEST_CHANGED" : "RESPONSE_CHANGED",
      element: now.wireName,
      message: `method ${now.name} of ${now.parent.fullName} has the ${part} ${after.fullName} now, was ${before.fullName}: another message under the same name`,
      bump: "major",
      breaks: breaksBoth,
      code: true,
      buf: [part === "request" ? "RPC_SAME_REQUEST_TYPE" : "RPC_SAME_RESPONSE_TYPE"],
    });
  }
}

function compareTimes(comparison: Comparison, old: MethodModel, now: MethodModel, about: string): void {
  const { host } = now.parent;
  const element = now.wireName;
  if (old.timeoutMs !== now.timeoutMs) {
    const shorter = now.timeoutMs !== 0 && (old.timeoutMs === 0 || now.timeoutMs < old.timeoutMs);
    comparison.add(now.location, {
      rule: "TIMEOUT_CHANGED",
      element,
      message: `${about} has a deadline of ${millis(now.timeoutMs)} now, was ${millis(old.timeoutMs)}: ${shorter ? "new callers give up sooner" : "new callers wait longer"}`,
      bump: shorter ? "minor" : "patch",
      breaks: mixesOf(host, { newCallerOldHost: shorter }),
    });
  }
  const [before, after] = [old.cache, now.cache];
  const text = (cache: MethodModel["cache"]): string =>
    cache === undefined ? "not cached" : `cached for ${millis(cache.ttlMs)} in ${cache.maxBytes} bytes`;
  if (text(before) === text(after)) return;
  const longer = (after?.ttlMs ?? 0) > (before?.ttlMs ?? 0);
  const shorter = (after?.ttlMs ?? 0) < (before?.ttlMs ?? 0);
  const danger = longer
    ? "new callers may see answers of an old host that are out of date"
    : "old callers go on serving answers as they did";
  comparison.add(now.location, {
    rule: "CACHE_CHANGED",
    element,
    message: `${about} is ${text(after)} now, was ${text(before)}${longer || shorter ? `: ${danger}` : ""}`,
    bump: longer || shorter ? "minor" : "patch",
    breaks: mixesOf(host, { oldCallerNewHost: shorter, newCallerOldHost: longer }),
  });
}

/** Notes that something should not be used any more, or may be used again. */
export function compareDeprecation(
  comparison: Comparison,
  old: { readonly deprecated: boolean },
  now: { readonly deprecated: boolean; readonly location: MethodModel["location"] },
  about: string,
  element: string,
): void {
  if (old.deprecated === now.deprecated) return;
  const message = now.deprecated ? `${about} is deprecated now` : `${about} is no longer deprecated`;
  comparison.add(now.location, { rule: "DEPRECATION_CHANGED", element, message, bump: "patch" });
}

const kinds = {
  unary: "unary",
  server_stream: "a stream of responses",
  client_stream: "a stream of requests",
  bidi_stream: "a stream both ways",
} as const;

const idempotencies = {
  unknown: "not known to be idempotent",
  idempotent: "idempotent",
  no_side_effects: "without side effects",
} as const;

function idKey(method: MethodModel): string {
  return `${method.parent.host} ${method.wireId}`;
}

function hexId({ wireId }: MethodModel): string {
  return `0x${wireId.toString(16).padStart(8, "0")}`;
}

function millis(ms: number): string {
  if (ms === 0) return "none";
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
}
