// What people do to their files between two runs of the generator. Each edit leaves TypeScript behind.
import type { Random } from "../../fuzz/random.js";
import { pick } from "./schemas.js";

type UserEdit = (text: string, random: Random) => string;

/** A place behind a match, one of those there are. */
function behind(text: string, pattern: RegExp, random: Random, insert: string): string {
  const places = [...text.matchAll(pattern)].map((match) => match.index + match[0].length);
  if (places.length === 0) return text;
  const at = pick(places, random);
  return text.slice(0, at) + insert + text.slice(at);
}

const words = ["mine", "TODO: { ( [", "it's `quoted`", '"twice"', "日本 — ümlaut 🎈", "*/ no comment ends".slice(3)];

let counter = 0;

const edits: readonly UserEdit[] = [
  // Comments in all places, with brackets and quotes in them.
  (text, random) => behind(text, /^\s*\}\r?$/gm, random, ` // ${pick(words, random)}`),
  (text, random) => behind(text, /^(?=[ \t]+async )/gm, random, `  /* ${pick(words, random)} */ `),
  (text, random) => behind(text, /\{\r?\n/g, random, `    // ${pick(words, random)}\n`),
  (text, random) => behind(text, /;\r?\n/g, random, `// ${pick(words, random)}\n`),
  (text, random) => `// ${pick(words, random)}\n${text}`,
  (text, random) => `${text}\n/* ${pick(words, random)}\n   more */\n`,
  // Blank lines, and blanks at the end of lines.
  (text, random) => behind(text, /;\r?\n/g, random, "\n\n"),
  (text, random) => behind(text, /[;{}](?=\r?\n)/g, random, "   "),
  // Members of the user's own.
  (text, random) =>
    behind(text, /extends \w+ \{/g, random, `\n  readonly #field${++counter} = new Map<string, { n: number }>();\n`),
  (text, random) => behind(text, /extends \w+ \{/g, random, `\n  helper${++counter}(): string { return "}"; }`),
  (text, random) =>
    behind(text, /extends \w+ \{/g, random, `\n  static of${++counter} = () => { return \`\${1}}\`; };;\n`),
  // Functions and classes around the one that matters.
  (text) => `${text}\nfunction outside${++counter}(a: { b: string }): string {\n  return \`\${a.b} }\`;\n}\n`,
  (text) =>
    text.replace(
      /^(?=(?:export )?class )/m,
      `class Other${++counter} {\n  get(): number { return /[}/]/.exec("}") ? 1 : 2; }\n}\n\n`,
    ),
  (text) => text.replace(/^class Notes /m, "export class Notes "),
  // Bodies that do something.
  (text) =>
    text.replace(/throw new CrucibleError\(\s*"NOT_IMPLEMENTED",[^;]*;/, () => {
      return `const why = { text: "}" };\n    throw new Error(why.text + ${++counter});`;
    }),
  // Parameters with names of their own, and without what is not used.
  (text) => text.replace(/_request: /, "{ ...request }: "),
  (text) => text.replace(/_context: HandlerContext/, "context: HandlerContext"),
  (text) => text.replace(/,\s*_context: HandlerContext,?\s*\)/, ")"),
  // Imports laid out and named otherwise.
  (text, random) => alias(text, pick(["Note", "Query", "Change"], random)),
  (text) =>
    text.replace(
      /import \{([^}/]*)\}/,
      (_, inside: string) =>
        `import {\n${inside
          .split(",")
          .map((one) => one.trim())
          .filter((one) => one !== "")
          .map((one) => `    ${one},\n`)
          .join("")}}`,
    ),
  (text) =>
    text.replace(
      /import \{([^}/]*)\}/,
      (_, inside: string) =>
        `import { ${inside
          .split(",")
          .map((one) => one.trim())
          .filter((one) => one !== "")
          .join(", ")} }`,
    ),
  (text) => `import { readFileSync as read${++counter} } from 'node:fs'\n${text}`,
  // The whole file.
  (text) => text.replaceAll(/\r?\n/g, "\r\n"),
  (text) => text.replaceAll(/^(?: {2})+/gm, (indent) => "\t".repeat(indent.length / 2)),
  (text) => text.replace(/\s+$/, ""),
  (text) => (text.startsWith("\ufeff") ? text : `\ufeff${text}`),
];

/** Imports a type under another name, and calls it so. */
function alias(text: string, name: string): string {
  const at = text.search(/class Notes /);
  const head = text.slice(0, at).replace(new RegExp(`\\btype ${name}(?=\\s*[,}])`), `type ${name} as My${name}`);
  if (head === text.slice(0, at)) return text;
  return head + text.slice(at).replaceAll(new RegExp(`\\b${name}\\b`, "g"), `My${name}`);
}

/** The text after some edits. */
export function editText(text: string, random: Random): string {
  let edited = text;
  for (let i = random.below(5); i >= 0; i--) {
    const next = pick(edits, random)(edited, random);
    // A mark of byte order stands first or nowhere.
    edited = next.startsWith("\ufeff")
      ? next
      : next.includes("\ufeff")
        ? `\ufeff${next.replaceAll("\ufeff", "")}`
        : next;
  }
  return edited;
}
