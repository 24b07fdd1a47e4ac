// Rules of validation: what one side would send and the other refuse.
import type { FieldModel, SourceLocation } from "../model/model.js";
import { type Carriage, refusalEffect } from "./carriers.js";
import { breaksNothing, eitherMix, greaterBump } from "./change.js";
import type { Comparison } from "./context.js";
import { fieldFacts, messageFacts, oneofFacts, type RuleFacts } from "./rule-facts.js";
import { compareRules, refuseZero, type RuleChange } from "./rule-order.js";

/** Compares the rules of all messages that both versions have. */
export function compareValidation(comparison: Comparison): void {
  const { old, now, matching } = comparison;
  for (const [before, after] of matching.messages) {
    const [oldModel, newModel] = [old.modelOf(before), now.modelOf(after)];
    const carriages = comparison.carriages(before.fullName, after.fullName);
    const compare = (a: RuleFacts, b: RuleFacts, element: string, location: SourceLocation): void =>
      report(comparison, compareRules(a, b), element, location, carriages);
    compare(messageFacts(before, oldModel), messageFacts(after, newModel), after.fullName, after.location);
    const known = new Set<FieldModel>();
    for (const field of before.fields) {
      const heir = matching.fields.get(field);
      if (heir === undefined) continue;
      known.add(heir);
      const element = `${after.fullName}.${heir.name}`;
      compare(fieldFacts(field, oldModel), fieldFacts(heir, newModel), element, heir.location);
    }
    for (const field of after.fields) {
      const facts = known.has(field) ? undefined : fieldFacts(field, newModel);
      if (facts !== undefined && refuseZero(facts, field.presence === "explicit")) {
        const told = [...facts.keys()].map((path) => `the new field must meet ${path}`);
        report(
          comparison,
          { tightened: true, loosened: false, told },
          `${after.fullName}.${field.name}`,
          field.location,
          carriages,
        );
      }
    }
    for (const oneof of before.oneofs) {
      const heir = matching.oneofs.get(oneof);
      if (heir === undefined) continue;
      compare(oneofFacts(oneof, oldModel), oneofFacts(heir, newModel), `${after.fullName}.${heir.name}`, heir.location);
    }
  }
}

function report(
  comparison: Comparison,
  { tightened, loosened, told }: RuleChange,
  element: string,
  location: SourceLocation,
  carriages: readonly Carriage[],
): void {
  if (told.length === 0 || (!tightened && !loosened)) return;
  const effects = [
    ...(tightened ? [refusalEffect(carriages, "old")] : []),
    ...(loosened ? [refusalEffect(carriages, "new")] : []),
  ];
  const kind = tightened ? (loosened ? "CHANGED" : "TIGHTENED") : "LOOSENED";
  const what = { CHANGED: "are others", TIGHTENED: "are stricter", LOOSENED: "are looser" }[kind];
  const who = tightened
    ? loosened
      ? "either side can refuse what the other sends"
      : "the new side can refuse what the old one sends"
    : "the old side can refuse what the new one sends";
  comparison.add(location, {
    rule: `VALIDATION_${kind}`,
    element,
    message: `rules of ${element} ${what}: ${told.join("; ")}${carriages.length === 0 ? "" : `; ${who}`}`,
    bump: effects.reduce((bump, effect) => greaterBump(bump, effect.bump), effects[0]?.bump ?? "patch"),
    breaks: effects.reduce((mixes, effect) => eitherMix(mixes, effect.breaks), breaksNothing),
  });
}
