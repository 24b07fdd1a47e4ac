import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

// What is published is bundled, and Node prints the line of code that an uncaught error was thrown in.
test("an error of the runtime that nobody catches is printed without the code of the runtime", () => {
  const program = `import { createDaemon } from "crucible-runtime/daemon"; await createDaemon({ name: "" });`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stderr).toContain("OPTION_INVALID");
  expect(stderr.length).toBeLessThan(4_000);
});
