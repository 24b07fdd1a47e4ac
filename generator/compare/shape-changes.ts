// Messages, fields and enums: what bytes and TypeScript have to do with them.
import type { EnumModel, FieldModel, MessageModel } from "../model/model.js";
import { misreadingEffect, refusalEffect } from "./carriers.js";
import type { ChangeFacts, Comparison } from "./context.js";
import { compareEnum } from "./enum-changes.js";
import { compareDeprecation } from "./service-changes.js";
import { compareNames, goneRules } from "./type-names.js";
import { typeText } from "./similar.js";

/** Compares all messages and enums. */
export function compareShapes(comparison: Comparison): void {
  const { old, now, matching } = comparison;
  for (const message of old.messages) {
    const heir = matching.messages.get(message);
    if (heir === undefined) reportGone(comparison, message, "message");
    else compareMessage(comparison, message, heir);
  }
  for (const model of old.enums) {
    const heir = matching.enums.get(model);
    if (heir === undefined) reportGone(comparison, model, "enum");
    else compareEnum(comparison, model, heir);
  }
  const arrived = new Set<MessageModel | EnumModel>([...matching.messages.values(), ...matching.enums.values()]);
  for (const type of [...now.messages, ...now.enums]) {
    if (arrived.has(type)) continue;
    const message = `${type.kind} ${type.fullName} is new`;
    comparison.add(type.location, {
      rule: `${type.kind.toUpperCase()}_ADDED`,
      element: type.fullName,
      message,
      bump: "minor",
    });
  }
}

function reportGone(comparison: Comparison, type: MessageModel | EnumModel, kind: string): void {
  comparison.addGone(type.location, {
    rule: `${kind.toUpperCase()}_REMOVED`,
    element: type.fullName,
    message: `${kind} ${type.fullName} is gone`,
    bump: "major",
    code: true,
    buf: goneRules,
  });
}

function compareMessage(comparison: Comparison, old: MessageModel, now: MessageModel): void {
  compareNames(comparison, old, now);
  compareDeprecation(comparison, old, now, `message ${now.fullName}`, now.fullName);
  const arrived = new Set<FieldModel>();
  for (const field of old.fields) {
    const heir = comparison.matching.fields.get(field);
    if (heir !== undefined) {
      arrived.add(heir);
      compareField(comparison, field, heir);
      continue;
    }
    const open = now.fields.find(({ number }) => number === field.number);
    const misread = open !== undefined || field.presence === "required";
    const effect = misread ? misreadingEffect(comparison.carriages(old.fullName, now.fullName)) : undefined;
    const rest =
      open === undefined
        ? `keep the number ${field.number} and the name reserved`
        : `its number ${field.number} belongs to ${open.name} now`;
    comparison.addGone(field.location, {
      rule: "FIELD_REMOVED",
      element: `${old.fullName}.${field.name}`,
      message: `field ${field.name} = ${field.number} of ${old.fullName} is gone: ${rest}`,
      bump: "major",
      ...(effect === undefined ? {} : { breaks: effect.breaks }),
      code: true,
      buf: [
        "FIELD_NO_DELETE",
        "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
        "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
        "ONEOF_NO_DELETE",
        "MESSAGE_SAME_REQUIRED_FIELDS",
        ...(open === undefined ? [] : fieldRules),
      ],
    });
  }
  for (const field of now.fields) if (!arrived.has(field)) reportNewField(comparison, field, old.fullName);
}

const fieldRules = [
  "FIELD_SAME_NAME",
  "FIELD_SAME_JSON_NAME",
  "FIELD_SAME_TYPE",
  "FIELD_WIRE_COMPATIBLE_TYPE",
  "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
  "FIELD_SAME_CARDINALITY",
  "FIELD_WIRE_COMPATIBLE_CARDINALITY",
  "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
  "FIELD_SAME_ONEOF",
];

function reportNewField(comparison: Comparison, field: FieldModel, oldName: string): void {
  const required = field.presence === "required";
  const effect = required ? refusalEffect(comparison.carriages(oldName, field.parent.fullName), "old") : undefined;
  comparison.add(field.location, {
    rule: "FIELD_ADDED",
    element: `${field.parent.fullName}.${field.name}`,
    message: `field ${field.name} = ${field.number} of ${field.parent.fullName} is new${required ? " and required: what old writers send cannot be read" : ""}`,
    bump: required ? "major" : "minor",
    ...(effect === undefined ? {} : { breaks: effect.breaks }),
    code: required,
    buf: ["MESSAGE_SAME_REQUIRED_FIELDS"],
  });
}

function compareField(comparison: Comparison, old: FieldModel, now: FieldModel): void {
  const element = `${now.parent.fullName}.${now.name}`;
  const about = `field ${now.name} of ${now.parent.fullName}`;
  const carriages = comparison.carriages(old.parent.fullName, now.parent.fullName);
  const add = (facts: Omit<ChangeFacts, "element">): void => comparison.add(now.location, { element, ...facts });
  if (old.name !== now.name) {
    add({
      rule: "FIELD_RENAMED",
      was: `${old.parent.fullName}.${old.name}`,
      message: `field ${old.name} of ${now.parent.fullName} is called ${now.name} now; its bytes are the same, its JSON is not`,
      bump: "major",
      code: true,
      buf: ["FIELD_SAME_NAME", "FIELD_SAME_JSON_NAME", "FIELD_NO_DELETE_UNLESS_NAME_RESERVED"],
    });
  } else if (old.jsonName !== now.jsonName) {
    add({
      rule: "JSON_NAME_CHANGED",
      message: `${about} is ${JSON.stringify(now.jsonName)} in JSON now, was ${JSON.stringify(old.jsonName)}`,
      bump: "major",
      buf: ["FIELD_SAME_JSON_NAME"],
    });
  }
  const bufNumber = [
    "FIELD_NO_DELETE",
    "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
    "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
  ];
  if (old.number !== now.number) {
    add({
      rule: "NUMBER_CHANGED",
      message: `${about} has the number ${now.number} now, was ${old.number}: old and new do not see each other's values`,
      bump: "major",
      breaks: misreadingEffect(carriages).breaks,
      buf: bufNumber,
    });
  }
  compareTypes(comparison, old, now, about, add);
  if ((old.presence === "required") !== (now.presence === "required")) {
    const effect = refusalEffect(carriages, now.presence === "required" ? "old" : "new");
    add({
      rule: "REQUIRED_CHANGED",
      message: `${about} is ${now.presence === "required" ? "required now" : "no longer required"}: messages without it are refused by the ${now.presence === "required" ? "new" : "old"} side`,
      bump: "major",
      breaks: effect.breaks,
      code: true,
      buf: ["MESSAGE_SAME_REQUIRED_FIELDS", "FIELD_SAME_CARDINALITY", "FIELD_SAME_LABEL"],
    });
  } else if (old.presence !== now.presence && old.cardinality === now.cardinality) {
    add({
      rule: "PRESENCE_CHANGED",
      message: `${about} ${now.presence === "explicit" ? "knows unset from zero now" : "no longer knows unset from zero"}`,
      bump: "major",
      code: true,
      buf: ["FIELD_SAME_CARDINALITY", "FIELD_SAME_ONEOF"],
    });
  }
  const heir = old.oneof === undefined ? undefined : comparison.matching.oneofs.get(old.oneof);
  if (old.oneof?.name !== now.oneof?.name && (heir === undefined || heir !== now.oneof)) {
    const where =
      now.oneof === undefined
        ? `no longer in the oneof ${old.oneof?.name ?? ""}`
        : `in the oneof ${now.oneof.name} now`;
    add({
      rule: "ONEOF_CHANGED",
      message: `${about} is ${where}`,
      bump: "major",
      code: true,
      buf: ["FIELD_SAME_ONEOF", "ONEOF_NO_DELETE"],
    });
  } else if (heir !== undefined && heir.name !== old.oneof?.name && old.oneof?.fields[0] === old) {
    add({
      rule: "ONEOF_RENAMED",
      was: `${old.parent.fullName}.${old.oneof.name}`,
      message: `oneof ${old.oneof.name} of ${now.parent.fullName} is called ${heir.name} now; its bytes are the same`,
      bump: "major",
      code: true,
      buf: ["ONEOF_NO_DELETE", "FIELD_SAME_ONEOF"],
    });
  }
  compareDeprecation(comparison, old, now, about, element);
}

function compareTypes(
  comparison: Comparison,
  old: FieldModel,
  now: FieldModel,
  about: string,
  add: (facts: Omit<ChangeFacts, "element">) => void,
): void {
  if (sameType(comparison, old, now)) return;
  const readable = old.cardinality === now.cardinality && old.mapKey === now.mapKey && wireForm(old) === wireForm(now);
  const effect = misreadingEffect(comparison.carriages(old.parent.fullName, now.parent.fullName));
  add({
    rule: "TYPE_CHANGED",
    message: `${about} is ${typeText(now)} now, was ${typeText(old)}: ${readable ? "the bytes go together, values that fit only one of them do not" : "old and new misread each other"}`,
    bump: "major",
    ...(readable ? {} : { breaks: effect.breaks }),
    code: true,
    buf: fieldRules.slice(2),
  });
}

function sameType({ matching }: Comparison, old: FieldModel, now: FieldModel): boolean {
  if (old.cardinality !== now.cardinality || old.mapKey !== now.mapKey) return false;
  const [a, b] = [old.type, now.type];
  if (a.kind === "message" && b.kind === "message") {
    return a.message.fullName === b.message.fullName || matching.messages.get(a.message) === b.message;
  }
  if (a.kind === "enum" && b.kind === "enum") {
    return a.enum.fullName === b.enum.fullName || matching.enums.get(a.enum) === b.enum;
  }
  return a.kind === "scalar" && b.kind === "scalar" && a.scalar === b.scalar;
}

/** Types of one form can read each other's bytes (https://protobuf.dev/programming-guides/proto3/#updating). */
function wireForm({ type }: FieldModel): string {
  if (type.kind === "enum") return "varint";
  if (type.kind === "message") return `message ${type.message.fullName}`;
  if (/^(?:u?int(?:32|64)|bool)$/.test(type.scalar)) return "varint";
  if (type.scalar.startsWith("sint")) return "zigzag";
  if (/^s?fixed32$/.test(type.scalar)) return "fixed32";
  if (/^s?fixed64$/.test(type.scalar)) return "fixed64";
  return type.scalar === "string" || type.scalar === "bytes" ? "bytes" : type.scalar;
}
