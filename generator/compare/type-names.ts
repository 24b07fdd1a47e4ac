// The names and files of messages and enums: imports depend on them, bytes do not.
import type { EnumModel, MessageModel } from "../model/model.js";
import type { Comparison } from "./context.js";

/** Rules of buf that say that something is not where it was. */
export const goneRules: readonly string[] = [
  "MESSAGE_NO_DELETE",
  "ENUM_NO_DELETE",
  "PACKAGE_MESSAGE_NO_DELETE",
  "PACKAGE_ENUM_NO_DELETE",
  "PACKAGE_NO_DELETE",
  "FILE_NO_DELETE",
  "FILE_SAME_PACKAGE",
];

/** Reports another name, another package or another file: nothing of that is on the wire. */
export function compareNames(
  comparison: Comparison,
  old: MessageModel | EnumModel,
  now: MessageModel | EnumModel,
): void {
  const facts = { element: now.fullName, bump: "major", code: true, buf: goneRules } as const;
  const kind = now.kind.toUpperCase();
  // What is nested in a type that has another name is told with that.
  const moved = old.parent !== undefined && old.name === now.name && old.file.path === now.file.path;
  if (old.fullName !== now.fullName) {
    if (moved) return;
    const message = `${now.kind} ${old.fullName} is called ${now.fullName} now; its bytes are the same`;
    comparison.add(now.location, { ...facts, rule: `${kind}_RENAMED`, was: old.fullName, message });
  } else if (old.file.path !== now.file.path && old.parent === undefined) {
    const message = `${now.kind} ${now.fullName} moved here from ${comparison.old.place(old.location).path}: it is imported from another generated file`;
    comparison.add(now.location, { ...facts, rule: `${kind}_MOVED`, message });
  }
}
