import { mistake } from "../errors.js";

/**
 * The words of a command line, as a shell would see them: quotes and backslashes mean what they mean there, nothing else
 * does. No shell is started, so nothing is expanded and nothing injected.
 *
 * @param option names it in messages.
 * @throws GeneratorError for a quote that is not closed, and for no word at all.
 */
export function splitWords(line: string, option = "--command"): [string, ...string[]] {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < line.length; i++) {
    const character = line.charAt(i);
    if (character === "'" || character === '"') {
      const end = closing(line, i, option);
      const inside = line.slice(i + 1, end);
      word = (word ?? "") + (character === "'" ? inside : inside.replaceAll(/\\(["\\$`])/g, "$1"));
      i = end;
    } else if (character === "\\") {
      word = (word ?? "") + line.charAt(++i);
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  if (word !== undefined) words.push(word);
  const [first, ...rest] = words;
  if (first === undefined || first === "") {
    throw mistake(`${option} names no program: write it as in ${option} "node dist/search.js"`);
  }
  return [first, ...rest];
}

function closing(line: string, start: number, option: string): number {
  const quote = line.charAt(start);
  for (let i = start + 1; i < line.length; i++) {
    if (line.charAt(i) === quote) return i;
    if (quote === '"' && line.charAt(i) === "\\") i++;
  }
  throw mistake(`${option} has a quote ${quote} that is not closed: close it, or put a backslash before it`);
}
