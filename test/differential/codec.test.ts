import { it } from "vitest";
import { codecs } from "./codec.js";
import { casesFromEnvironment, runDifferential, seedFromEnvironment } from "./run.js";

it("codecs of random schemas do what protobuf-es does", async () => {
  const seed = seedFromEnvironment();
  const start = performance.now();
  const done = await runDifferential(codecs, { seed, cases: casesFromEnvironment(20_000) });
  const seconds = (performance.now() - start) / 1000;
  console.log(`${JSON.stringify(done)} from seed ${seed} in ${seconds.toFixed(1)} s`);
}, 100_000);
