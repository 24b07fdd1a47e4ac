import { mistake } from "../../errors.js";
import { Options } from "./options.js";

/** What of a `FeatureSet` decides how fields and enums are read and written, resolved for one element. */
export interface Features {
  /** 1 explicit, 2 implicit, 3 required. */
  readonly presence: number;
  readonly open: boolean;
  readonly packed: boolean;
  readonly utf8: boolean;
  readonly delimited: boolean;
}

/** The editions that are known, by their numbers in descriptor.proto. */
export const editions = { 998: "proto2", 999: "proto3", 1000: "2023", 1001: "2024", 1002: "2026" } as const;
/** `EDITION_UNSTABLE`, for what is only tried, is taken for the newest. */
const unstable = 9999;
const newest = 1002;

/** The number of an edition. */
export type EditionNumber = keyof typeof editions;

const modern: Features = { presence: 1, open: true, packed: true, utf8: true, delimited: false };
const defaults: Readonly<Record<EditionNumber, Features>> = {
  998: { presence: 1, open: false, packed: false, utf8: false, delimited: false },
  999: { ...modern, presence: 2 },
  1000: modern,
  1001: modern,
  1002: modern,
};

// Numbers of fields in google.protobuf.FeatureSet.
const feature = { presence: 1, enumType: 2, repeatedEncoding: 3, utf8: 4, messageEncoding: 5 } as const;
const [openEnum, packedEncoding, verifyUtf8, delimitedEncoding] = [1, 1, 2, 2];

/**
 * The edition of a file.
 *
 * @throws GeneratorError for one that is not known.
 */
export function editionOf(name: string, syntax: string, edition: number): EditionNumber {
  if (syntax === "" || syntax === "proto2") return 998;
  if (syntax === "proto3") return 999;
  if (syntax !== "editions") throw mistake(`${name}: unsupported syntax "${syntax}"`);
  if (edition === unstable) return newest;
  if (!Object.hasOwn(editions, edition)) throw mistake(`${name}: unsupported edition`);
  return edition as EditionNumber;
}

/** What holds where nothing is said. */
export function defaultFeatures(edition: EditionNumber): Features {
  return defaults[edition];
}

/**
 * The features of an element.
 *
 * @param around of what it stands in.
 * @param field the number that `features` has in its options.
 */
export function featuresOf(around: Features, options: Options | undefined, field: number): Features {
  const bytes = options?.message(field);
  if (bytes === undefined) return around;
  const own = new Options(bytes);
  const given = (number: number): number => own.number(number) ?? 0;
  const is = (number: number, value: number, otherwise: boolean): boolean =>
    given(number) === 0 ? otherwise : given(number) === value;
  return {
    presence: given(feature.presence) || around.presence,
    open: is(feature.enumType, openEnum, around.open),
    packed: is(feature.repeatedEncoding, packedEncoding, around.packed),
    utf8: is(feature.utf8, verifyUtf8, around.utf8),
    delimited: is(feature.messageEncoding, delimitedEncoding, around.delimited),
  };
}
