import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// What these import keeps nothing between calls, so they follow each other in one process: loading the generator, fast-check and
// protobuf-es takes each of them longer than its tests. All others have a process of their own: memory of frames, rehearsals and
// pools live as long as a process does, and their tests begin where nothing has been used.
const stateless = [
  "test/unit/{generator,validate}/**/*.test.ts",
  "test/property/{codec,generator,validate}/**/*.test.ts",
];
/** What users do with what is packed: `npm run test:ecosystem`. */
const users = "test/ecosystem/**/*.test.ts";
const never = ["test/soak/**", "**/node_modules/**"];

// Tests read the runtime's sources, not its build: a stale dist would be tested otherwise.
export default defineConfig({
  ssr: { resolve: { conditions: ["crucible-source"] } },
  resolve: { conditions: ["crucible-source"] },
  test: {
    globalSetup: "test/support/bundle-setup.ts",
    // Timings decide no test: these end what hangs, on a machine that is busy or stands still for half a minute, too.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    // One more than there are processors: files wait for timers, sockets and processes that start.
    maxWorkers: availableParallelism() + 1,
    projects: [
      { extends: true, test: { name: "shared", include: stateless, exclude: never, isolate: false } },
      {
        extends: true,
        test: { name: "own", include: ["test/**/*.test.ts"], exclude: [...never, ...stateless, users] },
      },
      { extends: true, test: { name: "users", include: [users], exclude: never } },
    ],
  },
});
