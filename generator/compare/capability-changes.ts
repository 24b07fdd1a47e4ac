// Capabilities: what a grant of yesterday opens today.
import type { MethodModel } from "../model/model.js";
import type { Comparison } from "./context.js";

/**
 * Compares what each capability opens. More than before is a widening: whoever was granted it gets more than was meant.
 * Less is a narrowing: plugins that have only the old grant are refused.
 */
export function compareCapabilities(comparison: Comparison): void {
  const { matching, now } = comparison;
  const before = new Map([...matching.methods].map(([old, heir]) => [heir, old]));
  const known = new Set([...matching.methods.keys()].map(({ capability }) => capability));
  for (const method of now.services.flatMap(({ methods }) => methods)) {
    if (method.parent.host !== "daemon") continue;
    const old = before.get(method);
    // A method that the plugin hosted before has no grants to compare: HOST_CHANGED says enough.
    if (old !== undefined && old.parent.host !== "daemon") continue;
    if (old?.capability === method.capability) continue;
    if (known.has(method.capability)) reportWider(comparison, method, old);
    if (old !== undefined) reportNarrower(comparison, method, old);
  }
}

function reportWider(comparison: Comparison, method: MethodModel, old: MethodModel | undefined): void {
  const since = old === undefined ? "which is new" : `which asked for ${old.capability}`;
  comparison.add(method.location, {
    rule: "CAPABILITY_WIDENED",
    element: method.wireName,
    message: `capability ${method.capability} opens ${method.wireName} too, ${since}: look at who holds it before the daemon is updated`,
    bump: "minor",
  });
}

function reportNarrower(comparison: Comparison, method: MethodModel, old: MethodModel): void {
  comparison.add(method.location, {
    rule: "CAPABILITY_NARROWED",
    element: method.wireName,
    message: `capability ${old.capability} no longer opens ${method.wireName}, ${method.capability} does: plugins that ask for the old one alone get CAPABILITY_MISSING`,
    bump: "major",
    breaks: { oldDaemonNewPlugin: true, newDaemonOldPlugin: true },
  });
}
