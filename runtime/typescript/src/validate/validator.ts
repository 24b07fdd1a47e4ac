/** One broken rule of a schema; the fields mean what they mean in `buf.validate.Violation`, with paths as text. */
export interface Violation {
  /** Where, such as `notes[2].title` or `labels["a"]`; empty for the message itself. */
  readonly fieldPath: string;
  /** Which rule of the schema, such as `string.min_len`; empty for a custom rule of the message. */
  readonly rulePath: string;
  /** Stable name of the rule, such as `string.min_len`. */
  readonly ruleId: string;
  /** For people. */
  readonly message: string;
  /** The rule is about the key of a map, not its value. */
  readonly forKey: boolean;
}

/**
 * Checks a message against the rules of its schema. Returns what is broken, in the order of the schema and at most
 * `maxViolations` of it; undefined when nothing is, and allocates next to nothing then.
 */
export type Validator<Init = unknown> = (message: Init) => Violation[] | undefined;
