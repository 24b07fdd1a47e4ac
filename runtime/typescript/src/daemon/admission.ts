import { CrucibleError } from "../error/index.js";
import type { PluginRegisteredInit } from "../gen/crucible/ipc/v1/control_codec.js";
import type { PluginRegister } from "../gen/crucible/ipc/v1/control_pb.js";
import { oneLine } from "../error/text.js";
import { assertMethodTable, isCapability } from "../rpc/method-table.js";
import { describeMethods } from "../rpc/peer.js";
import type { Registry } from "../rpc/registry.js";

/** What a registration is judged by. */
export interface AdmissionRules {
  /** The plugin that was launched: the one the token and the socket are for. */
  readonly pluginId: string;
  /** What it may get. */
  readonly capabilities: ReadonlySet<string>;
  readonly registry: Registry;
}

const versionForm = /^\d{1,9}\.\d{1,9}\.\d{1,9}(?:[-+][0-9A-Za-z.+-]{1,64})?$/;

/**
 * Judges a registration, and makes its answer but for the limits. A plugin that names capabilities gets those of them that it may have,
 * with a warning for each other; one that names none gets all.
 *
 * @throws CrucibleError IDENTITY_MISMATCH, REGISTER_INVALID, METHOD_COLLISION.
 */
export function admit(
  register: PluginRegister,
  rules: AdmissionRules,
  warnings: readonly string[],
): PluginRegisteredInit {
  const { pluginId, capabilities: allowed } = rules;
  const shown = `plugin ${pluginId}`;
  if (register.pluginId !== pluginId) {
    throw new CrucibleError(
      "IDENTITY_MISMATCH",
      `${shown} registers as ${JSON.stringify(oneLine(register.pluginId, 40))}; register under the id of the ticket`,
    );
  }
  if (register.pluginVersion !== "" && !versionForm.test(register.pluginVersion)) {
    throw new CrucibleError("REGISTER_INVALID", `the registration of ${shown} states a version that is no semver`);
  }
  assertMethodTable(register.methods, shown);
  const asked = new Set(register.capabilities);
  for (const capability of asked) {
    if (isCapability(capability)) continue;
    throw new CrucibleError("REGISTER_INVALID", `the registration of ${shown} asks for a capability of no valid form`);
  }
  const denied = [...asked].filter((capability) => !allowed.has(capability));
  return {
    capabilities: asked.size === 0 ? [...allowed] : [...asked].filter((capability) => allowed.has(capability)),
    methods: describeMethods(rules.registry),
    warnings: [
      ...warnings,
      ...denied.slice(0, maxWarnings).map((name) => `${shown} may not have the capability ${name}; grant it at launch`),
    ],
  };
}

/** Further denied capabilities are not told one by one. */
const maxWarnings = 16;
