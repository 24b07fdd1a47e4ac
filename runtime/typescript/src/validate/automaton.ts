// Patterns of a schema as automata: each character of a text is looked at once, whatever the pattern.

/** What the table of an automaton says. A state is known by the place of its row in `moves`. */
interface Table {
  readonly start: number;
  /** In this state nothing that follows keeps the text from matching; in state 0 nothing makes it match. */
  readonly accepting: number;
  /** States from this one on accept when the text ends. */
  readonly firstAccepting: number;
  /** The kinds of the ASCII characters. */
  readonly ascii: Uint8Array;
  /** Where intervals of characters begin, in order, and the kind of each. */
  readonly starts: Uint32Array;
  readonly intervals: Uint8Array;
  /** The state behind each state and kind, at `state + kind`. */
  readonly moves: Int32Array;
}

/** A pattern of a schema that generated code carries as the table of an automaton. */
export class Automaton {
  readonly #text: string;
  #table: Table | undefined;

  /**
   * @param table as the generator writes it; read when it is first used.
   */
  constructor(table: string) {
    this.#text = table;
  }

  /**
   * Whether the pattern is found in a text, in time linear in its length. Half of a surrogate pair is a character of its
   * own.
   */
  test(text: string): boolean {
    const table = (this.#table ??= readTable(this.#text));
    const { accepting, ascii, moves } = table;
    let state = table.start;
    for (let i = 0; i < text.length; i++) {
      if (state <= accepting) return state === accepting;
      let kind: number;
      const unit = text.charCodeAt(i);
      if (unit < 0x80) {
        kind = ascii[unit]!;
      } else {
        const code = text.codePointAt(i)!;
        if (code > 0xffff) i++;
        kind = kindOf(table, code);
      }
      state = moves[state + kind]!;
    }
    return state === accepting || state >= table.firstAccepting;
  }
}

function kindOf({ starts, intervals }: Table, code: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (starts[middle]! <= code) low = middle;
    else high = middle - 1;
  }
  return intervals[low]!;
}

/** Reads what generator/targets/typescript/pattern/table.ts writes; the order of the numbers is described there. */
function readTable(text: string): Table {
  let at = 0;
  const next = (): number => {
    let number = 0;
    for (let shift = 0; ; shift += 5) {
      if (at >= text.length) throw new Error("the table of an automaton ends early; generate the code again");
      const digit = digitOf(text.charCodeAt(at++));
      number |= (digit & 31) << shift;
      if (digit < 32) return number;
    }
  };
  const kinds = next();
  const states = next();
  const start = next() * kinds;
  const firstAccepting = next() * kinds;
  const starts = new Uint32Array(next());
  const intervals = new Uint8Array(starts.length);
  for (let i = 0; i < starts.length; i++) {
    starts[i] = next() + (starts[i - 1] ?? 0);
    intervals[i] = next();
  }
  // Row 0 stays in state 0, row 1 in itself. Int32Array: with Uint32Array V8 takes 1.7 to 4 times as long.
  const moves = new Int32Array(states * kinds).fill(kinds, kinds, 2 * kinds);
  for (let i = 2 * kinds; i < moves.length;) {
    const run = next();
    moves.fill(next() * kinds, i, i + run);
    i += run;
  }
  const ascii = new Uint8Array(0x80);
  const table = { start, accepting: kinds, firstAccepting, ascii, starts, intervals, moves };
  for (let code = 0; code < ascii.length; code++) ascii[code] = kindOf(table, code);
  return table;
}

/** The value of a digit of base64; 0 to 63. */
function digitOf(unit: number): number {
  if (unit >= 0x61) return unit - 0x61 + 26;
  if (unit >= 0x41) return unit - 0x41;
  if (unit >= 0x30) return unit - 0x30 + 52;
  return unit === 0x2b ? 62 : 63;
}
