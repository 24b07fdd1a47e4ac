import { dirname, join, normalize } from "node:path";
import type { FileModel } from "../model/model.js";
import { hasCodecFile, modulePath } from "../targets/typescript/context.js";
import { importPath } from "../skeleton/plan.js";
import type { Places } from "./imports.js";
import type { FileFates } from "./names.js";

const kinds = ["pb", "codec", "validate", "service", "daemon", "plugin"] as const;
type Kind = (typeof kinds)[number];

/**
 * Finds generated files of the new schema for those of the old one.
 *
 * @param oldOut the folder that was generated into, absolute; `newOut` the one of today.
 */
export function createPlaces(files: readonly FileFates[], oldOut: string, newOut: string): Places {
  const modules = new Map<string, { names: FileFates; kind: Kind }>();
  for (const names of files) {
    for (const kind of kinds) modules.set(join(oldOut, modulePath(names.old, kind)), { names, kind });
  }
  return {
    specifier(from, specifier, fate) {
      if (!specifier.startsWith(".")) return undefined;
      const extension = /\.[cm]?[jt]sx?$/.exec(specifier)?.[0] ?? "";
      const path = normalize(join(dirname(from), specifier.slice(0, specifier.length - extension.length)));
      const found = modules.get(path);
      if (found === undefined) return undefined;
      const heir = fate?.file ?? found.names.heir;
      if (heir === undefined) return { gone: true };
      const target = join(newOut, modulePath(heir, kindIn(heir, found.kind)));
      return target === path ? specifier : importPath(dirname(from), target) + extension;
    },
  };
}

/** A file without services has no side of its own: what it declares is in its codec file. */
function kindIn(file: FileModel, kind: Kind): Kind {
  if ((kind === "daemon" || kind === "plugin") && file.services.length === 0 && hasCodecFile(file)) return "codec";
  return kind;
}
