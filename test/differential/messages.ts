// Random messages of any schema, by fast-check: init objects as encoding takes them. Other than `initOf` of test/support these are
// kept for each message and depth, and get sparser with depth, so that schemas in which everything holds everything stay cheap.
import { create, type DescExtension, type DescField, type DescMessage, type DescOneof } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { enumOf, isJson, jsonOf, keyOf, scalarOf, wrappedScalar } from "../support/arbitrary.js";

/** An init object: properties by their names in protobuf-es. */
export type Init = Record<string, unknown>;

/** Of how many messages one has a field, by the depth of the message. */
const sparsity = [2, 3, 5, 8] as const;
/** How deep messages nest in one another; hostile bytes nest deeper. */
const deepest = sparsity.length - 1;
const absent: unique symbol = Symbol("absent");

/** The arbitraries of one schema. */
export class Messages {
  readonly #made = new Map<DescMessage, fc.Arbitrary<Init>[]>();

  /** Init objects of a message: any field may be missing, required ones excepted. */
  of(desc: DescMessage, depth = 0): fc.Arbitrary<Init> {
    let depths = this.#made.get(desc);
    if (depths === undefined) this.#made.set(desc, (depths = []));
    return (depths[depth] ??= this.#make(desc, depth));
  }

  /** Values of an extension, as `setExtension` takes them. */
  extension(extension: DescExtension): fc.Arbitrary<unknown> {
    const toValue = (init: unknown): unknown =>
      isPlainMessage(extension) ? create(extension.message!, init as Init) : init;
    const value = this.#value(extension, deepest).map(toValue);
    return extension.fieldKind === "list" ? fc.array(value, { maxLength: 3 }) : value;
  }

  #make(desc: DescMessage, depth: number): fc.Arbitrary<Init> {
    const names: string[] = [];
    const values: fc.Arbitrary<unknown>[] = [];
    for (const member of desc.members) {
      const value = member.kind === "oneof" ? this.#oneof(member, depth) : this.#field(member, depth);
      if (value === undefined) continue;
      names.push(member.localName);
      values.push(isRequired(member) ? value : sometimes(value, (sparsity[depth] ?? 8) - 1));
    }
    return fc.tuple(...values).map((all) => {
      const init: Init = {};
      for (const [i, value] of all.entries()) {
        if (value !== absent) init[names[i]!] = value;
      }
      return init;
    });
  }

  /** Values of a field; undefined when it would nest too deep and may be missing. */
  #field(field: DescField, depth: number): fc.Arbitrary<unknown> | undefined {
    if (depth >= deepest && isPlainMessage(field) && !isRequired(field)) return undefined;
    switch (field.fieldKind) {
      case "list":
        return fc.array(this.#value(field, depth), { maxLength: 4 - Math.min(depth, 3) });
      case "map":
        return fc
          .array(fc.tuple(keyOf(field.mapKey), this.#value(field, depth)), { maxLength: 3 - Math.min(depth, 2) })
          .map((entries) => Object.fromEntries(entries));
      default:
        return this.#value(field, depth);
    }
  }

  #oneof(oneof: DescOneof, depth: number): fc.Arbitrary<unknown> {
    const cases = oneof.fields
      .filter((field) => depth < deepest || !isPlainMessage(field))
      .map((field) => this.#value(field, depth).map((value) => ({ case: field.localName, value })));
    return fc.oneof(fc.constant({ case: undefined }), ...cases);
  }

  /** One value of the field: an element of a list, a value of a map. */
  #value(field: DescField | DescExtension, depth: number): fc.Arbitrary<unknown> {
    if (field.scalar !== undefined) return scalarOf(field.scalar, field.fieldKind !== "map" && field.longAsString);
    if (field.enum !== undefined) return enumOf(field.enum);
    if (isJson(field)) return jsonOf();
    const wrapped = wrappedIn(field);
    return wrapped === undefined ? this.of(field.message!, Math.min(depth + 1, deepest)) : scalarOf(wrapped, false);
  }
}

/** The value, or `absent` as often as the weight says to one; shrinks to that first. */
function sometimes(value: fc.Arbitrary<unknown>, weight: number): fc.Arbitrary<unknown> {
  const present = { arbitrary: value, weight: 1 };
  return fc.oneof({ withCrossShrink: true }, { arbitrary: fc.constant(absent as unknown), weight }, present);
}

function isRequired(member: DescField | DescOneof): boolean {
  return member.kind === "field" && member.presence === Presence.LEGACY_REQUIRED;
}

/** The scalar that the field holds in place of a wrapper: singular ones outside oneofs do. */
function wrappedIn(field: DescField | DescExtension) {
  return field.fieldKind === "message" && field.oneof === undefined ? wrappedScalar(field.message) : undefined;
}

function isPlainMessage(field: DescField | DescExtension): boolean {
  return field.message !== undefined && !isJson(field) && wrappedIn(field) === undefined;
}
