import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createUnixTransport } from "../../../../runtime/typescript/src/transport/node/unix.js";
import { Processes } from "./processes.js";

let processes: Processes;
beforeAll(() => {
  processes = new Processes();
});
afterAll(() => processes.dispose());

const transport = createUnixTransport();
const ignore = (): void => {};

describe("listening on a Unix socket", () => {
  it("creates the directory with mode 0700 and the socket with 0600, and leaves nothing behind", async () => {
    const directory = processes.fresh();
    const listener = await transport.listen(`unix:${directory}/a.sock`, ignore);
    expect(lstatSync(directory).mode & 0o777).toBe(0o700);
    expect(lstatSync(join(directory, "a.sock")).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory).toSorted()).toEqual(["a.sock", "a.sock.pid"]);
    await listener.close();
    expect(readdirSync(directory)).toEqual([]);
  });

  it("takes a path of 107 bytes and refuses one of 108 with both numbers", async () => {
    const directory = processes.fresh();
    const longest = `${directory}/${"x".repeat(107 - directory.length - 1)}`;
    const listener = await transport.listen(`unix:${longest}`, ignore);
    (await transport.dial(`unix:${longest}`)).abort();
    await listener.close();
    await expect(transport.listen(`unix:${longest}x`, ignore)).rejects.toMatchObject({
      reason: "ADDRESS_INVALID",
      message: expect.stringMatching(/has 108 bytes, the system allows 107/) as string,
    });
    const wide = `${directory}/${"é".repeat(50)}`;
    await expect(transport.dial(`unix:${wide}`)).rejects.toMatchObject({ reason: "ADDRESS_INVALID" });
  });

  it("takes the longest directory that leaves room for a plugin's shortest name, and no longer one", async () => {
    const base = processes.fresh();
    const directory = `${base}/${"d".repeat(100 - base.length - 1)}`;
    const listener = await transport.listen(`unix:${directory}/a.sock`, ignore);
    (await transport.dial(`unix:${directory}/a.sock`)).abort();
    await listener.close();
    await expect(transport.listen(`unix:${directory}d/a`, ignore)).rejects.toMatchObject({ reason: "ADDRESS_INVALID" });
  });

  it("leaves alone what is no socket, and says so", async () => {
    const directory = processes.fresh();
    mkdirSync(directory, { mode: 0o700 });
    writeFileSync(join(directory, "file"), "precious");
    mkdirSync(join(directory, "folder"));
    symlinkSync("/nowhere", join(directory, "link"));
    for (const name of ["file", "folder", "link"]) {
      await expect(transport.listen(`unix:${directory}/${name}`, ignore)).rejects.toMatchObject({
        reason: "ADDRESS_INVALID",
        message: expect.stringContaining("is not a socket and was left alone") as string,
      });
    }
    expect(readFileSync(join(directory, "file"), "utf8")).toBe("precious");
    expect(readdirSync(directory).toSorted()).toEqual(["file", "folder", "link"]);
  });

  it("does not follow a symbolic link to a living or dead socket", async () => {
    const directory = processes.fresh();
    const listener = await transport.listen(`unix:${directory}/a.sock`, ignore);
    symlinkSync(join(directory, "a.sock"), join(directory, "b.sock"));
    await expect(transport.listen(`unix:${directory}/b.sock`, ignore)).rejects.toMatchObject({
      reason: "ADDRESS_INVALID",
    });
    await expect(transport.dial(`unix:${directory}/b.sock`)).rejects.toMatchObject({ reason: "ADDRESS_INVALID" });
    await listener.close();
  });

  it("keeps a file beside the socket that merely has the name of ours", async () => {
    const directory = processes.fresh();
    mkdirSync(directory, { mode: 0o700 });
    writeFileSync(join(directory, "a.sock.pid"), "my notes\n");
    const listener = await transport.listen(`unix:${directory}/a.sock`, ignore);
    await expect(transport.listen(`unix:${directory}/a.sock`, ignore)).rejects.toMatchObject({
      message: expect.stringContaining("another process") as string,
    });
    await listener.close();
    expect(readFileSync(join(directory, "a.sock.pid"), "utf8")).toBe("my notes\n");
  });

  it("removes on close only what is its own", async () => {
    const directory = processes.fresh();
    const path = join(directory, "a.sock");
    const listener = await transport.listen(`unix:${path}`, ignore);
    unlinkSync(path);
    const stranger = createServer();
    await new Promise<void>((resolve) => stranger.listen(path, resolve));
    await listener.close();
    expect(existsSync(path)).toBe(true);
    await new Promise((resolve) => stranger.close(resolve));
  });

  it("names the process that has the address", async () => {
    const path = join(processes.fresh(), "a.sock");
    const daemon = processes.start("listen", path);
    expect(await daemon.line()).toBe("listening");
    await expect(transport.listen(`unix:${path}`, ignore)).rejects.toMatchObject({
      reason: "ADDRESS_IN_USE",
      message: expect.stringContaining(`is in use by process ${daemon.pid};`) as string,
    });
    // And it is none the worse for it.
    (await transport.dial(`unix:${path}`)).abort();
    await daemon.kill("SIGKILL");
  });

  it("replaces the socket of a process that was killed, at once", async () => {
    const path = join(processes.fresh(), "a.sock");
    const daemon = processes.start("listen", path);
    expect(await daemon.line()).toBe("listening");
    await daemon.kill("SIGKILL");
    expect(lstatSync(path).isSocket()).toBe(true);
    await expect(transport.dial(`unix:${path}`)).rejects.toMatchObject({ reason: "CONNECT_FAILED" });
    const listener = await transport.listen(`unix:${path}`, ignore);
    (await transport.dial(`unix:${path}`)).abort();
    expect(readFileSync(`${path}.pid`, "utf8")).toBe(`${process.pid}\n`);
    await listener.close();
  });

  it("waits for no process that is stopped: that one still has its address", async () => {
    const path = join(processes.fresh(), "a.sock");
    const daemon = processes.start("listen", path);
    expect(await daemon.line()).toBe("listening");
    await daemon.kill("SIGSTOP");
    await expect(transport.listen(`unix:${path}`, ignore)).rejects.toMatchObject({ reason: "ADDRESS_IN_USE" });
    await daemon.kill("SIGKILL");
  });

  it("clears away when the process exits without closing", async () => {
    const path = join(processes.fresh(), "a.sock");
    const daemon = processes.start("exit", path);
    expect(await daemon.line()).toBe("listening");
    expect(existsSync(path)).toBe(true);
    daemon.tell("now");
    await daemon.ended();
    expect(readdirSync(join(path, ".."))).toEqual([]);
  });

  it("clears away what a process left that was killed between binding and publishing", async () => {
    const directory = processes.fresh();
    mkdirSync(directory, { mode: 0o700 });
    const dead = processes.start("lock", directory);
    expect(await dead.line()).toBe("locked");
    await dead.kill("SIGKILL");
    const stuck = processes.start("stuck", join(directory, ".babcdef"));
    expect(await stuck.line()).toBe("listening");
    await stuck.kill("SIGKILL");
    expect(readdirSync(directory).length).toBe(2);
    const listener = await transport.listen(`unix:${directory}/a.sock`, ignore);
    expect(readdirSync(directory).toSorted()).toEqual(["a.sock", "a.sock.pid"]);
    await listener.close();
  });
});

describe("eight processes that start at the same moment", () => {
  it.each([1, 2, 3])("on one address, over a dead socket: exactly one has it (round %i)", async () => {
    const path = join(processes.fresh(), "a.sock");
    const dead = processes.start("listen", path);
    expect(await dead.line()).toBe("listening");
    await dead.kill("SIGKILL");
    const startAtMs = Date.now() + 1500;
    const racers = Array.from({ length: 8 }, () => processes.start("listen", path, startAtMs));
    const lines = await Promise.all(racers.map((racer) => racer.line()));
    const winners = racers.filter((_, i) => lines[i] === "listening");
    expect(winners.length, lines.join("\n")).toBe(1);
    for (const line of lines) expect(line).toMatch(/^(listening|ADDRESS_IN_USE .* is in use by process \d+;.*)$/);
    expect(readFileSync(`${path}.pid`, "utf8")).toBe(`${winners[0]!.pid}\n`);
    (await transport.dial(`unix:${path}`)).abort();
    expect(readdirSync(join(path, "..")).toSorted()).toEqual(["a.sock", "a.sock.pid"]);
    for (const racer of racers) await racer.kill("SIGKILL");
  });

  it("on addresses of their own in one directory: all have theirs", async () => {
    const directory = processes.fresh();
    const startAtMs = Date.now() + 1500;
    const racers = Array.from({ length: 8 }, (_, i) => processes.start("listen", `${directory}/${i}.sock`, startAtMs));
    const lines = await Promise.all(racers.map((racer) => racer.line()));
    expect(lines).toEqual(Array(8).fill("listening"));
    for (const racer of racers) await racer.kill("SIGKILL");
  });
});
