// The official conformance suite of buf.validate against generated validators.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, loadHarness, type Suite } from "./validate-harness.js";
import { testeeFor } from "./validate-testee.js";
import { buildTool, findTool } from "./validate-tool.js";

const run = promisify(execFile);
const relay = fileURLToPath(new URL("validate-relay.mjs", import.meta.url));
const failuresFile = new URL("validate-failures.txt", import.meta.url);
const tool = process.env["CONFORMANCE_BUILD"] === "1" ? buildTool() : findTool();

describe.skipIf(tool === undefined)("protovalidate-conformance (npm run conformance:validate builds it)", () => {
  let dir: string;
  let server: Server;
  let suites: readonly Suite[];

  beforeAll(async () => {
    const harness = loadHarness();
    dir = mkdtempSync(join(tmpdir(), "crucible-conformance-"));
    const socketPath = join(dir, "testee.sock");
    server = await listen(socketPath, harness);
    const args = ["--proto", "--verbose", "--strict_message", "--strict_error", "--timeout", "60s"];
    const options = { encoding: "buffer", maxBuffer: 256 * 1024 * 1024 } as const;
    const output = await run(tool!, [...args, process.execPath, relay, socketPath], options).then(
      ({ stdout }) => stdout,
      // Cases that fail make the program fail; its report is complete all the same.
      (error: { readonly stdout?: Buffer }) => error.stdout ?? Buffer.alloc(0),
    );
    suites = harness.readReport(output);
  }, 120_000);

  afterAll(() => {
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it("is passed, apart from cases that are listed", () => {
    const failed = suites.flatMap(({ name, failures }) => failures.map((one) => ({ ...one, suite: name })));
    const total = suites.reduce((sum, { count }) => sum + count, 0);
    console.log(
      [
        ...suites.map(({ name, count, failures }) => `${count - failures.length} of ${count} ${name}`).toSorted(byName),
        `${total - failed.length} of ${total} cases pass`,
      ].join("\n"),
    );
    if (process.env["CONFORMANCE_DETAILS"] === "1") {
      for (const { suite, name, why } of failed) console.log(`${suite}/${name}: ${why}`);
    }
    expect(total).toBeGreaterThan(2000);
    expect(failed.map(({ suite, name }) => `${suite}/${name}`).toSorted()).toEqual(readFailures());
  });
});

function byName(a: string, b: string): number {
  return a.replace(/^.* /, "") < b.replace(/^.* /, "") ? -1 : 1;
}

/** The cases that are known to fail: one on a line, comments behind `#`. */
function readFailures(): string[] {
  const lines = readFileSync(failuresFile, "utf8").split("\n");
  return lines
    .map((line) => line.replace(/^#.*/, "").trim())
    .filter((line) => line !== "")
    .toSorted();
}

/** Answers each connection: one request until its end, one response. */
async function listen(path: string, harness: Harness): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {}); // The program has given up waiting; its report says so.
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("end", () => {
      const { descriptors, cases } = harness.readRequest(Buffer.concat(chunks));
      const testee = testeeFor(descriptors);
      socket.end(harness.writeResponse(new Map([...cases].map(([name, input]) => [name, testee.answer(input)]))));
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}
