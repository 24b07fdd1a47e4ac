/** An expression that is wrong; the message is the fact, made to stand behind the name of the rule. */
export class CelMistake extends Error {
  /** Where in the expression, in UTF-16 units from 0. */
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.name = "CelMistake";
    this.at = at;
  }
}
