import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  checkSocketDirectory,
  chooseSocketDirectory,
  ensureSocketDirectory,
  ownUid,
} from "../../../../runtime/typescript/src/transport/node/socket-directory.js";
import { createUnixTransport } from "../../../../runtime/typescript/src/transport/node/unix.js";

let root: string;
const uid = ownUid();
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "crucible-directory-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const unsafe = (text: string): object => ({
  reason: "DIRECTORY_UNSAFE",
  message: expect.stringContaining(text) as string,
});

function thrown(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("ensureSocketDirectory", () => {
  it("creates it with its parents, and accepts what it created", () => {
    const directory = join(root, "a/b");
    ensureSocketDirectory(directory, uid);
    ensureSocketDirectory(`${directory}/`, uid);
    expect(lstatSync(directory).mode & 0o777).toBe(0o700);
  });

  it("refuses each mode but 0700", () => {
    const directory = join(root, "d");
    mkdirSync(directory);
    for (const mode of [0o755, 0o701, 0o710, 0o770, 0o777, 0o500]) {
      chmodSync(directory, mode);
      expect(thrown(() => ensureSocketDirectory(directory, uid))).toMatchObject(
        unsafe(`has mode 0${mode.toString(8)}, which must be 0700; run chmod 700 ${directory}`),
      );
    }
    chmodSync(directory, 0o700);
    ensureSocketDirectory(directory, uid);
  });

  it("refuses a symbolic link, also one with a slash behind it or to nowhere", () => {
    mkdirSync(join(root, "real"), { mode: 0o700 });
    symlinkSync(join(root, "real"), join(root, "link"));
    symlinkSync(join(root, "nowhere"), join(root, "dangling"));
    for (const path of ["link", "link/", "dangling"]) {
      expect(thrown(() => ensureSocketDirectory(join(root, path), uid))).toMatchObject({ reason: "DIRECTORY_UNSAFE" });
    }
    expect(thrown(() => ensureSocketDirectory(join(root, "link"), uid))).toMatchObject(unsafe("is a symbolic link"));
  });

  it("refuses what is no directory, and what has a file for a parent", () => {
    writeFileSync(join(root, "file"), "");
    expect(thrown(() => ensureSocketDirectory(join(root, "file"), uid))).toMatchObject(unsafe("is not a directory"));
    expect(thrown(() => ensureSocketDirectory(join(root, "file/d"), uid))).toMatchObject(unsafe("(ENOTDIR)"));
  });

  it("refuses another user's", () => {
    const directory = join(root, "d");
    mkdirSync(directory, { mode: 0o700 });
    expect(thrown(() => ensureSocketDirectory(directory, uid + 1))).toMatchObject(
      unsafe(`belongs to user ${uid}, not to ${uid + 1}`),
    );
    expect(thrown(() => checkSocketDirectory(directory, [uid + 1, uid + 2]))).toMatchObject(
      unsafe(`not to ${uid + 1} or ${uid + 2}`),
    );
    checkSocketDirectory(directory, [uid + 1, uid]);
  });
});

describe("chooseSocketDirectory", () => {
  it("takes the first and says nothing", () => {
    const lines: string[] = [];
    const chosen = chooseSocketDirectory({ XDG_RUNTIME_DIR: root }, uid, (line) => lines.push(line), root);
    expect(chosen).toBe(join(root, "crucible-plugins"));
    expect(lines).toEqual([]);
  });

  it("takes the user's own runtime directory when the first is unsafe, and says why in one line", () => {
    mkdirSync(join(root, "crucible-plugins"));
    chmodSync(join(root, "crucible-plugins"), 0o777);
    mkdirSync(join(root, "run"));
    const lines: string[] = [];
    const env = { XDG_RUNTIME_DIR: join(root, "run") };
    const chosen = chooseSocketDirectory(env, uid, (line) => lines.push(line), root);
    expect(chosen).toBe(join(root, "run/crucible-plugins"));
    expect(lines).toEqual([expect.stringMatching(/^WARNING: .*run\/crucible-plugins.* has mode 0777[^\n]*$/)]);
  });

  it.each([undefined, "", "relative", "/proc/nowhere"])(
    "takes one named after the user when the runtime directory is %j",
    (runtime) => {
      writeFileSync(join(root, "crucible-plugins"), "");
      const lines: string[] = [];
      const chosen = chooseSocketDirectory({ XDG_RUNTIME_DIR: runtime }, uid, (line) => lines.push(line), root);
      expect(chosen).toBe(join(root, `crucible-plugins-${uid}`));
      expect(lines.length).toBe(1);
    },
  );

  it("refuses when none is safe, naming them all", () => {
    writeFileSync(join(root, "crucible-plugins"), "");
    symlinkSync("/tmp", join(root, `crucible-plugins-${uid}`));
    const error = thrown(() => chooseSocketDirectory({}, uid, () => expect.unreachable(), root));
    expect(error).toMatchObject(unsafe("is not a directory"));
    expect(error).toMatchObject(unsafe("is a symbolic link"));
  });
});

describe("a directory that was asked for", () => {
  it("is used or refused, never replaced by another", async () => {
    mkdirSync(join(root, "d"));
    chmodSync(join(root, "d"), 0o755);
    symlinkSync(join(root, "d"), join(root, "link"));
    const transport = createUnixTransport();
    for (const name of ["d", "link"]) {
      await expect(transport.listen(`unix:${root}/${name}/a.sock`, () => {})).rejects.toMatchObject({
        reason: "DIRECTORY_UNSAFE",
      });
    }
  });
});
