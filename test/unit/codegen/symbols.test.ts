// The table that the generator reads and the doors that generated code imports say the same.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { symbols, wellKnownDoors } from "../../../runtime/typescript/src/codegen/v1/symbols.js";

const directory = new URL("../../../runtime/typescript/src/codegen/v1/", import.meta.url);
const load = async (door: string): Promise<object> =>
  (await import(new URL(`${door}.ts`, directory).pathname)) as object;

const rows = Object.entries(symbols).flatMap(([name, { door, typeOnly }]) =>
  door.split("|").map((one) => ({ name, door: one, typeOnly })),
);
const doors = [...new Set(rows.map((row) => row.door))];

describe.each(doors)("the door %s", (door) => {
  const own = rows.filter((row) => row.door === door);

  test("exports every value of the table and no other", async () => {
    const values = own.filter((row) => !row.typeOnly).map((row) => row.name);
    expect(Object.keys(await load(door)).toSorted()).toEqual(values.toSorted());
  });

  test("exports every type of the table", () => {
    const text = readFileSync(new URL(`${door}.ts`, directory), "utf8");
    for (const { name } of own.filter((row) => row.typeOnly)) expect(text).toMatch(new RegExp(`\\b${name}\\b`));
  });
});

test("every well-known type has its door, with a codec behind it", async () => {
  for (const door of Object.values(wellKnownDoors)) {
    expect(
      Object.keys(await load(door)).filter((name) => name.endsWith("Codec")),
      door,
    ).not.toEqual([]);
  }
});
