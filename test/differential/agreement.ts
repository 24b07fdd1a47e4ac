// Whether the functions of protobuf-es make of a message that our codec decoded what they make of one of their own.
import {
  clone,
  type DescExtension,
  type DescMessage,
  equals,
  getExtension,
  hasExtension,
  isFieldSet,
  isMessage,
  type Message,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { expectSame, ownOnly, sameMessage } from "../support/same-message.js";

type Fields = { readonly [key: string]: unknown };

/**
 * Compares two messages decoded from the same bytes.
 *
 * @param theirs decoded by protobuf-es.
 * @throws Error that says in what they differ.
 */
export function expectAgreement(
  desc: DescMessage,
  ours: Message,
  theirs: Message,
  extensions: readonly DescExtension[],
): void {
  expectDefaults(desc, ours, theirs);
  must(isMessage(ours, desc), "isMessage does not know it");
  for (const field of desc.fields) {
    must(isFieldSet(ours, field) === isFieldSet(theirs, field), `isFieldSet differs for ${field.name}`);
  }
  expectSame(
    attempt(() => toJson(desc, ours)),
    attempt(() => toJson(desc, theirs)),
  );
  // NaN is never equal to itself: a message may differ from its own copy.
  const copy = attempt(() => clone(desc, theirs));
  if (typeof copy !== "string") must(equals(desc, ours, theirs) === equals(desc, copy, theirs), "equals differs");
  expectSame(
    attempt(() => toBinary(desc, clone(desc, ours))),
    attempt(() => toBinary(desc, clone(desc, theirs))),
  );
  for (const extension of extensions) {
    must(
      hasExtension(ours, extension) === hasExtension(theirs, extension),
      `hasExtension differs for ${extension.name}`,
    );
    expectSame(ownOnly(getExtension(ours, extension)), ownOnly(getExtension(theirs, extension)));
  }
}

/** Fields that are not set read as their default, and without defaults there is no prototype. */
export function expectDefaults(desc: DescMessage, ours: Message, theirs: Message): void {
  if (Object.getPrototypeOf(theirs) === Object.prototype) {
    must(Object.getPrototypeOf(ours) === Object.prototype, "the message has a prototype that it should not have");
  }
  for (const { localName } of desc.fields) {
    if (Object.hasOwn(ours, localName)) continue;
    const [our, their] = [(ours as unknown as Fields)[localName], (theirs as unknown as Fields)[localName]];
    must(sameMessage(our, their), `${localName} is not set and reads as ${String(our)}, not ${String(their)}`);
  }
}

/** What a function makes of a value, or the error it gives. */
function attempt<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    return `error: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function must(condition: boolean, fact: string): void {
  if (!condition) throw new Error(fact);
}
