import { parseArgs } from "node:util";
import { Problem } from "./problem.js";

/** What a run can be told. */
export interface Options {
  readonly help: boolean;
  /** Folder of notes. Default: the documentation of installed packages. */
  readonly vault: string | undefined;
  /** What to look for. Default: the titles of the notes with most links to them. */
  readonly queries: readonly string[];
  /** Fewer notes are a failure. */
  readonly minNotes: number;
  /** Where the sockets lie. Default: where the runtime puts them. */
  readonly sockets: string | undefined;
  readonly json: boolean;
}

const defaultMinNotes = 200;

export const help = `Reads a folder of Markdown notes with three plugins, each a process, and reports what they know.

Usage: node dist/src/main.js [options]

  --vault <folder>    folder of notes (default: the Markdown of the packages installed here)
  --query <text>      what to look for; may be given more than once (default: the titles of the most linked notes)
  --min-notes <n>     fewer notes are a failure (default: ${defaultMinNotes})
  --sockets <folder>  where the sockets lie, made when missing (default: chosen by the runtime)
  --json              print one JSON object instead of the report
  --help              print this

Exit codes: 0 done, 1 something is wrong, which one line on stderr tells, 130 interrupted.
`;

/**
 * Reads the arguments of a run.
 *
 * @throws Problem for what makes no sense.
 */
export function parseOptions(args: readonly string[]): Options {
  const values = parse(args);
  const minNotes = Number(values["min-notes"] ?? defaultMinNotes);
  if (!Number.isInteger(minNotes) || minNotes < 1) {
    throw new Problem(`--min-notes ${values["min-notes"]} is no whole number from 1 up: give one, or leave it out`);
  }
  const queries = values.query ?? [];
  if (queries.some((text) => text.trim() === "" || text.length > 256)) {
    throw new Problem("--query takes a text of 1 to 256 characters: correct it, or leave it out");
  }
  const { vault, sockets, json = false, help: wantsHelp = false } = values;
  for (const [name, value] of Object.entries({ vault, sockets })) {
    if (value === "") throw new Problem(`--${name} names no folder: give one, or leave it out`);
  }
  return { help: wantsHelp, vault, queries, minNotes, sockets, json };
}

function parse(args: readonly string[]) {
  try {
    const string = { type: "string" } as const;
    const boolean = { type: "boolean" } as const;
    const query = { type: "string", multiple: true } as const;
    const options = { vault: string, query, "min-notes": string, sockets: string, json: boolean, help: boolean };
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    // Node's own message has the fact, sometimes with an explanation in further sentences.
    const fact = String((error as Error).message).split(/\.\s|\n/, 1)[0];
    throw new Problem(`${fact}: run with --help to see what there is`);
  }
}
