import { defineConfig } from "vitest/config";

// Tests read the runtime's sources, not its build: a stale dist would be tested otherwise.
export default defineConfig({
  ssr: { resolve: { conditions: ["crucible-source"] } },
  resolve: { conditions: ["crucible-source"] },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/bundle-setup.ts",
    exclude: ["test/soak/**", "**/node_modules/**"],
    testTimeout: 30_000,
    pool: "forks",
    // The default leaves one processor of two idle.
    maxWorkers: "100%",
  },
});
