// Enums: values by their numbers and their names.
import type { EnumModel } from "../model/model.js";
import type { Comparison } from "./context.js";
import { compareDeprecation } from "./service-changes.js";
import { compareNames } from "./type-names.js";

/** Compares an enum with what it is now. */
export function compareEnum(comparison: Comparison, old: EnumModel, now: EnumModel): void {
  compareNames(comparison, old, now);
  compareDeprecation(comparison, old, now, `enum ${now.fullName}`, now.fullName);
  const arrived = new Set<unknown>();
  for (const value of old.values) {
    const heir = comparison.matching.values.get(value);
    const element = `${now.fullName}.${heir?.name ?? value.name}`;
    if (heir === undefined) {
      comparison.addGone(value.location, {
        rule: "VALUE_REMOVED",
        element,
        message: `value ${value.name} = ${value.number} of ${old.fullName} is gone: keep its number and its name reserved`,
        bump: "major",
        code: true,
        buf: [
          "ENUM_VALUE_NO_DELETE",
          "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
          "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
          "ENUM_VALUE_SAME_NAME",
        ],
      });
      continue;
    }
    arrived.add(heir);
    if (heir.number !== value.number) {
      comparison.add(heir.location, {
        rule: "VALUE_CHANGED",
        element,
        message: `value ${heir.name} of ${now.fullName} is ${heir.number} now, was ${value.number}: old and new mean different things by it`,
        bump: "major",
        breaks: { oldDaemonNewPlugin: true, newDaemonOldPlugin: true },
        buf: [
          "ENUM_VALUE_SAME_NAME",
          "ENUM_VALUE_NO_DELETE",
          "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
          "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
        ],
      });
    } else if (heir.name !== value.name) {
      comparison.add(heir.location, {
        rule: "VALUE_RENAMED",
        element,
        was: `${old.fullName}.${value.name}`,
        message: `value ${value.name} of ${now.fullName} is called ${heir.name} now; its number is the same`,
        bump: "major",
        code: true,
        buf: ["ENUM_VALUE_SAME_NAME", "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED"],
      });
    }
  }
  for (const value of now.values) {
    if (arrived.has(value)) continue;
    const unread = now.open ? "" : ": old readers keep it as an unknown field, for the enum is closed";
    const message = `value ${value.name} = ${value.number} of ${now.fullName} is new${unread}`;
    comparison.add(value.location, {
      rule: "VALUE_ADDED",
      element: `${now.fullName}.${value.name}`,
      message,
      bump: "minor",
    });
  }
}
