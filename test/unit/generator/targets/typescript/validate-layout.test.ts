import * as fc from "fast-check";
import { format, util } from "prettier";
import { describe, expect, it } from "vitest";
import { displayWidth } from "../../../../../generator/emit/layout.js";
import {
  assignCall,
  bytesLiteral,
  constant,
  numberLiteral,
  only,
  printStatements,
  type Statement,
  stringLiteral,
  when,
} from "../../../../../generator/targets/typescript/validate-layout.js";

/** What a literal of TypeScript means. */
function valueOf(literal: string): unknown {
  return new Function(`return ${literal}`)();
}

async function expectStable(statements: readonly Statement[]): Promise<void> {
  const text = `${printStatements(0, statements).join("\n")}\n`;
  expect(await format(text, { parser: "typescript", printWidth: 120 })).toBe(text);
}

const texts = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        "日",
        "本",
        "한",
        "é",
        "e\u0301",
        "'",
        '"',
        "\\",
        "\n",
        "\u202e",
        "😀",
        "👩‍👩‍👧",
        "🇩🇪",
        "\ud800",
        "\u2028",
        "x",
      ),
      { maxLength: 70 },
    )
    .map((all) => all.join("")),
);

describe("stringLiteral", () => {
  it("means the text", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(valueOf(stringLiteral(text))).toBe(text);
      }),
    );
  });

  it("shows everything that it holds", () => {
    expect(stringLiteral("a\u202eb\u200bc\u0000\ud800")).toBe('"a\\u202eb\\u200bc\\x00\\ud800"');
    expect(stringLiteral(`it's`)).toBe(`"it's"`);
    expect(stringLiteral(`"it"`)).toBe(`'"it"'`);
    expect(stringLiteral("日本 é ß")).toBe('"日本 é ß"');
  });
});

describe("displayWidth", () => {
  it("is what prettier counts, for every character that a literal shows", () => {
    const wrong: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      const character = String.fromCodePoint(code);
      if (stringLiteral(character) !== `"${character}"`) continue;
      if (displayWidth(character) !== util.getStringWidth(character)) wrong.push(code.toString(16));
    }
    expect(wrong).toEqual([]);
  });
});

describe("bytesLiteral", () => {
  it("means a string of which each character is a byte", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        const literal = bytesLiteral(bytes);
        expect(valueOf(literal)).toBe(String.fromCharCode(...bytes));
        // oxlint-disable-next-line no-control-regex -- everything else is escaped.
        expect(literal).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});

describe("numberLiteral", () => {
  it("means the number", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(valueOf(numberLiteral(value))).toBe(value === 0 ? 0 : value);
      }),
    );
  });
});

describe("statements", () => {
  it("are left alone by prettier, whatever text stands in them", async () => {
    await fc.assert(
      fc.asyncProperty(
        texts,
        texts,
        fc.integer({ min: 0, max: 31 }),
        fc.double({ noNaN: true }),
        async (a, b, size, number) => {
          const name = "n".repeat(size + 1);
          const call = assignCall("violations", "violate", ["violations", stringLiteral(a), name, stringLiteral(b)]);
          const differs = only(`${name} !== ${stringLiteral(a.slice(0, 10))}`);
          await expectStable([
            constant("text", [`message.${name}`, stringLiteral(b)]),
            constant(name, [`validate(${name.slice(0, 30)})`]),
            call,
            when(
              { operands: [`${name} < ${numberLiteral(number)}`, `${name} > 0`], operator: "||" },
              [call],
              [when(differs, [call])],
            ),
            when(only("value === undefined"), [call], [call, call]),
          ]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("join conditions that stand alone inside of each other", () => {
    const call = assignCall("a", "b", []);
    const both = when(only("x"), [when({ operands: ["y", "z"], operator: "&&" }, [call])]);
    expect(printStatements(0, [both])).toEqual(["if (x && y && z) {", "  a = b();", "}"]);
    const either = when(only("x"), [when({ operands: ["y", "z"], operator: "||" }, [call])]);
    expect(printStatements(0, [either])).toEqual(["if (x) {", "  if (y || z) {", "    a = b();", "  }", "}"]);
  });
});
