// What a validator has to check, in no language: the rules of buf.validate with their ids, messages and order settled as
// @bufbuild/protovalidate 1.3 has them, so that a target only writes conditions.
import type { CelRule } from "../cel/rule.js";
import type { FieldModel, MessageModel, OneofModel } from "../model.js";

/** A Timestamp or Duration that a schema names. */
export interface TimeConstant {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** A value that a schema compares with. Bytes are a Uint8Array, 64-bit integers a bigint. */
export type Constant = number | bigint | string | boolean | Uint8Array | TimeConstant;

/** One end of a range. */
export interface Bound {
  readonly value: Constant;
  /** The value itself is allowed too. */
  readonly inclusive: boolean;
}

/** The formats that strings can be asked to have, by the name of their rule, and those that `well_known_regex` means. */
export type TextFormat =
  | "email"
  | "hostname"
  | "ip"
  | "ipv4"
  | "ipv6"
  | "uri"
  | "uri_ref"
  | "address"
  | "uuid"
  | "tuuid"
  | "ip_with_prefixlen"
  | "ipv4_with_prefixlen"
  | "ipv6_with_prefixlen"
  | "ip_prefix"
  | "ipv4_prefix"
  | "ipv6_prefix"
  | "host_and_port"
  | "ulid"
  | "protobuf_fqn"
  | "protobuf_dot_fqn"
  | "header_name"
  | "loose_header_name"
  | "header_value"
  | "loose_header_value";

/** What makes a value break a rule. */
export type Test =
  | { readonly kind: "not_equal"; readonly value: Constant }
  /** Is none of the values. */
  | { readonly kind: "not_in"; readonly values: readonly Constant[] }
  /** Is one of the values. */
  | { readonly kind: "in"; readonly values: readonly Constant[] }
  /**
   * Does not lie above `lower` and below `upper`; with `either`, where `upper` is the smaller one, is neither above the
   * one nor below the other. NaN lies nowhere.
   */
  | {
      readonly kind: "out_of_range";
      readonly lower: Bound | undefined;
      readonly upper: Bound | undefined;
      readonly either: boolean;
      readonly float: boolean;
    }
  | { readonly kind: "not_finite" }
  | { readonly kind: "not_a_number" }
  /** Has a size that is less than, more than or other than `count`. */
  | {
      readonly kind: "size";
      readonly of: "code_points" | "utf8" | "bytes" | "items" | "entries";
      readonly is: "less" | "more" | "other";
      readonly count: bigint;
    }
  /** Matches the pattern nowhere; the pattern is of RE2's syntax. Bytes are read as UTF-8, and must be that. */
  | { readonly kind: "no_match"; readonly pattern: string }
  | { readonly kind: "no_prefix" | "no_suffix" | "lacks" | "contains"; readonly value: string | Uint8Array }
  | { readonly kind: "no_format"; readonly format: TextFormat }
  /** Bytes that have another length than the ones listed. */
  | { readonly kind: "no_length"; readonly lengths: readonly number[] }
  | { readonly kind: "empty" }
  | { readonly kind: "not_unique" }
  /** The paths of a field mask are other ones, lead outside of those that are named, or into one of them. */
  | { readonly kind: "paths"; readonly lead: "elsewhere" | "outside" | "inside"; readonly paths: readonly string[] }
  /** Lies in the future, or in the past. */
  | { readonly kind: "future" | "past" }
  | { readonly kind: "not_near_now"; readonly within: TimeConstant };

/** One rule. */
export interface Check {
  readonly test: Test;
  readonly ruleId: string;
  /** Where the rule stands, such as `repeated.items.string.min_len`. */
  readonly rulePath: string;
  readonly message: string;
  /** Checked only when this rule holds. */
  readonly otherwise?: Check;
}

/** What to check of one value. */
export interface ValuePlan {
  /** Custom rules: checked first. */
  readonly cel: readonly CelRule[];
  /** A message that has rules itself: checked before `checks`. */
  readonly nested: MessageModel | undefined;
  readonly checks: readonly Check[];
  /** Predefined rules: checked last. */
  readonly predefined: readonly CelRule[];
  /** Nothing is checked of a zero value. */
  readonly unlessZero: boolean;
}

/** What to check of one field; for lists and maps, `value` is the whole. */
export interface FieldPlan {
  readonly field: FieldModel;
  /** An unset field breaks the rule `required`, and nothing else is checked of it. */
  readonly required: boolean;
  readonly value: ValuePlan;
  /** For lists. */
  readonly items: ValuePlan | undefined;
  /** For maps; keys are checked before the value of the same entry. */
  readonly keys: ValuePlan | undefined;
  readonly values: ValuePlan | undefined;
}

/** Fields of which at most one may be set. */
export interface GroupPlan {
  readonly fields: readonly FieldModel[];
  /** One must be set. */
  readonly required: boolean;
}

/** What to check of a message, in this order. */
export interface MessagePlan {
  readonly message: MessageModel;
  /** In order of declaration; fields without anything to check are left out. */
  readonly fields: readonly FieldPlan[];
  /** Custom rules of the message itself. */
  readonly cel: readonly CelRule[];
  readonly groups: readonly GroupPlan[];
  /** Oneofs of which a field must be set. */
  readonly oneofs: readonly OneofModel[];
}
