import { afterEach, expect, test } from "vitest";
import type { Plugin } from "../../runtime/typescript/src/daemon/index.js";
import { Lexicon } from "./lab/gen/lab/v1/lexicon_daemon.js";
import { closeDaemons, createLab, reasonOf, until } from "./support/lab.js";

afterEach(closeDaemons);

const lookups = async (plugin: Plugin): Promise<number> => (await plugin.client(Lexicon).effort({})).lookups;

test("answers of a live plugin are served again until a call or an event says that they are stale", async () => {
  const plugin = await (await createLab()).launch("lexicon-plugin");
  const lexicon = plugin.client(Lexicon);
  await lexicon.learn({ word: "kiln", meaning: "oven" });
  const meaning = async (): Promise<string> => (await lexicon.lookup({ word: "kiln" })).meaning;
  for (let i = 0; i < 100; i++) expect(await meaning()).toBe("oven");
  expect(await lookups(plugin)).toBe(1);

  await lexicon.learn({ word: "kiln", meaning: "furnace" });
  expect(await meaning()).toBe("furnace");
  expect(await meaning()).toBe("furnace");
  expect(await lookups(plugin)).toBe(2);

  // Its event was sent before its answer, so it has arrived by now.
  await lexicon.overhear({ word: "kiln", meaning: "hot place" });
  expect(await meaning()).toBe("hot place");
  expect(await lookups(plugin)).toBe(3);

  expect((await lexicon.lookup({ word: "kiln" }, { cache: "refresh" })).meaning).toBe("hot place");
  expect((await lexicon.lookup({ word: "kiln" }, { cache: "skip" })).meaning).toBe("hot place");
  expect(await meaning()).toBe("hot place");
  expect(await lookups(plugin)).toBe(5);
});

test("equal requests share one call of the plugin, which ends when nobody waits for it", async () => {
  const plugin = await (await createLab()).launch("lexicon-plugin");
  const lexicon = plugin.client(Lexicon);
  const leave = new AbortController();
  const waiting = Array.from({ length: 50 }, () => lexicon.lookup({ word: "raku" }));
  const left = lexicon.lookup({ word: "raku" }, { signal: leave.signal });
  await until(async () => (await lookups(plugin)) === 1, "the call to arrive");
  leave.abort();
  expect(await reasonOf(left)).toBe("CANCELLED");
  await lexicon.learn({ word: "raku", meaning: "quick" });
  expect(new Set((await Promise.all(waiting)).map(({ meaning }) => meaning))).toEqual(new Set(["quick"]));
  expect(await plugin.client(Lexicon).effort({})).toMatchObject({ lookups: 1, stopped: 0 });

  const alone = new AbortController();
  const both = [1, 2].map(() => reasonOf(lexicon.lookup({ word: "celadon" }, { signal: alone.signal })));
  await until(async () => (await lookups(plugin)) === 2, "the call to arrive");
  alone.abort();
  expect(await Promise.all(both)).toEqual(["CANCELLED", "CANCELLED"]);
  await until(async () => (await lexicon.effort({})).stopped === 1, "its handler to hear of it");
});

test("each plugin's answers are its own; cacheBytes 0 keeps none", async () => {
  const lab = await createLab();
  const [one, two] = [
    await lab.launch("lexicon-plugin", { id: "one" }),
    await lab.launch("lexicon-plugin", { id: "two" }),
  ];
  for (const plugin of [one, two]) {
    await plugin.client(Lexicon).learn({ word: "who", meaning: plugin.id });
    expect((await plugin.client(Lexicon).lookup({ word: "who" })).meaning).toBe(plugin.id);
  }
  for (const plugin of [one, two])
    expect((await plugin.client(Lexicon).lookup({ word: "who" })).meaning).toBe(plugin.id);

  const bare = await (await createLab({ cacheBytes: 0 })).launch("lexicon-plugin");
  await bare.client(Lexicon).learn({ word: "who", meaning: "me" });
  for (let i = 0; i < 3; i++) await bare.client(Lexicon).lookup({ word: "who" });
  expect(await lookups(bare)).toBe(3);
});
