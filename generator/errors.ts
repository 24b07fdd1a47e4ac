import type { SourceLocation } from "./model/model.js";
import { printable } from "./printable.js";

/** One mistake of the user: where and what. */
export interface Mistake {
  readonly location: SourceLocation | undefined;
  /** One line: the fact, then the next step. */
  readonly message: string;
}

/** What the user should know: where and what. Nothing needs to be done about it. */
export type Note = Mistake;

/** `path:line:column: note: message`. */
export function formatNote({ location, message }: Note): string {
  return formatMistake({ location, message: `note: ${message}` });
}

/** What the user has to put right. Never a fault of the generator: those are plain errors and keep their stack. */
export class GeneratorError extends Error {
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    const told = mistakes.map(shown);
    super(told.map(formatMistake).join("\n"));
    this.name = "GeneratorError";
    this.mistakes = told;
  }
}

/** A single mistake, without a place in a .proto file unless one is given. */
export function mistake(message: string, location?: SourceLocation): GeneratorError {
  return new GeneratorError([{ location, message }]);
}

/**
 * Does something whose errors are for the user to put right, such as decoding what the user gave.
 *
 * @throws GeneratorError with the message of whatever was thrown.
 */
export function asMistake<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw mistake(error instanceof Error ? error.message : String(error));
  }
}

/** `path:line:column: message`, with as much of the place as is known. */
export function formatMistake({ location, message }: Mistake): string {
  if (location === undefined) return message;
  return location.line === 0
    ? `${location.path}: ${message}`
    : `${location.path}:${location.line}:${location.column}: ${message}`;
}

/** The same on one line, whatever names a schema has. */
function shown({ location, message }: Mistake): Mistake {
  const place = location === undefined ? undefined : { ...location, path: printable(location.path) };
  return { location: place, message: printable(message) };
}
