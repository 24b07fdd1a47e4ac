import { expect, test } from "vitest";
import { nearest } from "../../../../generator/call/nearest.js";

const names = ["greet", "count", "shout", "shoot"];

test.each([
  ["shuot", ["shout", "shoot"]],
  ["shout", ["shout", "shoot"]],
  ["grete", ["greet"]],
  ["gret", ["greet"]],
  ["coount", ["count"]],
  ["whisper", []],
  ["", []],
  ["x", []],
])("near to %j", (word, found) => expect(nearest(word, names, (name) => name)).toEqual(found));
