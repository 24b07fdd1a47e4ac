import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createUnixTransport } from "../../../../runtime/typescript/src/transport/node/unix.js";
import { describeTransport } from "../../../suites/transport.js";

describeTransport("unix", (options) => {
  const directory = mkdtempSync(join(tmpdir(), "crucible-unix-"));
  let count = 0;
  return {
    transport: createUnixTransport(options),
    address: () => `unix:${directory}/test-${++count}.sock`,
    invalid: [
      "unix:",
      "unix:relative.sock",
      "unix://tmp/x.sock",
      `unix:${directory}/`,
      `unix:${directory}/a\nb.sock`,
      `unix:${directory}/a\0.sock`,
      `unix:${directory}/${"x".repeat(108)}`,
      "memory:x",
      "pipe:x",
      "tls://127.0.0.1:9000",
    ],
    dispose: () => rmSync(directory, { recursive: true }),
  };
});
