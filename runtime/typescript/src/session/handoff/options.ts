import type { CrucibleError } from "../../error/index.js";
import { checkNumber, isListOf, type Names, optionInvalid, readOptions } from "../../error/options.js";
import { shown } from "../../error/text.js";

/** The feature that HANDOFF needs. */
export const handoffFeature = "handoff";

/** How large messages go through memory that daemon and plugin share, instead of over their connection. */
export interface HandoffOptions {
  /**
   * `auto`: where it can be had, which takes Linux and the optional package koffi beside the daemon; `on`: or not at all, and
   * who cannot have it fails; `off`: never. Calls that are sealed always go over the connection. Default: `auto`.
   */
  readonly use?: "auto" | "on" | "off";
  /**
   * From how many encoded bytes on a message that this side sends goes there: 65,536 to 1,073,741,824. What is smaller
   * gains little. Default: 262,144.
   */
  readonly leastBytes?: number;
  /**
   * Full names, `package.Service/Method`, of methods whose messages this side does not copy as they arrive: their long
   * `bytes` fields are then views of the shared memory. The other side can change what is in them at any time, also after it
   * was validated; to write to them ends the process; and they keep their part of the memory until `releaseView` or until
   * nobody has them. Default: none.
   */
  readonly views?: readonly string[];
}

/** The same for a daemon, which makes the memory. */
export interface DaemonHandoffOptions extends HandoffOptions {
  /**
   * Of the memory for each direction and plugin, in bytes: 1,048,576 to 2,147,483,648. What was never used takes none, what
   * does not fit goes over the connection. Default: 67,108,864.
   */
  readonly arenaBytes?: number;
}

export interface ResolvedHandoff {
  readonly use: "auto" | "on" | "off";
  readonly leastBytes: number;
  readonly views: ReadonlySet<string>;
  readonly arenaBytes: number;
}

const names: Names<DaemonHandoffOptions> = { use: true, leastBytes: true, views: true, arenaBytes: true };

const usual: ResolvedHandoff = { use: "auto", leastBytes: 262_144, views: new Set(), arenaBytes: 67_108_864 };

/** `given` with what `base` has for what is missing. @throws CrucibleError OPTION_INVALID naming what is wrong. */
export function resolveHandoff(given: DaemonHandoffOptions = {}, base: ResolvedHandoff = usual): ResolvedHandoff {
  const own = readOptions("handoff", given, names);
  const { use = base.use, leastBytes = base.leastBytes, views = [...base.views], arenaBytes = base.arenaBytes } = own;
  if (use !== "auto" && use !== "on" && use !== "off") {
    throw invalid(`use is ${shown(use)}; it is "auto", "on" or "off"`);
  }
  checkNumber("handoff: leastBytes", leastBytes, 65_536, 1_073_741_824);
  checkNumber("handoff: arenaBytes", arenaBytes, 1_048_576, 2_147_483_648);
  if (!isListOf(views, (name) => typeof name === "string")) {
    throw invalid("views is a list of names of methods, each package.Service/Method");
  }
  return { use, leastBytes, views: new Set(views), arenaBytes };
}

function invalid(fact: string): CrucibleError {
  return optionInvalid(`handoff: ${fact}`);
}
