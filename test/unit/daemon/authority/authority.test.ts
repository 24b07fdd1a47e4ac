import { spawn } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { build } from "esbuild";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../../runtime/typescript/src/clock/clock.js";
import { createDaemonVerifier } from "../../../../runtime/typescript/src/crypto/node/verify-daemon.js";
import {
  type Authority,
  defaultStateDirectory,
  openAuthority,
} from "../../../../runtime/typescript/src/daemon/authority.js";
import { CrucibleError } from "../../../../runtime/typescript/src/error/index.js";

const name = "knowledge";
const dayMs = 86_400_000;
const staticKey = Uint8Array.from({ length: 32 }, (_, index) => index);

let root: string;
let directory: string;
let path: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "crucible-authority-"));
  directory = join(root, "state");
  path = join(directory, "authority.json");
});
afterEach(() => rm(root, { recursive: true, force: true }));

let now = Date.now();
const clock = { ...systemClock, unixMs: () => now };
beforeEach(() => {
  now = Date.now();
});

const open = (): Promise<Authority> => openAuthority({ directory, name, clock });

/** The message of the AUTHORITY_INVALID error that opening ends with. */
async function refusal(): Promise<string> {
  try {
    await open();
  } catch (error) {
    if (!(error instanceof CrucibleError)) throw error;
    expect(error.reason).toBe("AUTHORITY_INVALID");
    expect(error.message).not.toContain("\n");
    expect(error.message).not.toContain("PRIVATE KEY");
    return error.message;
  }
  return "nothing was thrown";
}

/** What a plugin with this authority's certificate in its ticket makes of the credentials, now. */
async function verify(authority: Authority, ca: string = authority.caCertificate): Promise<void> {
  const credentials = await authority.credentials(staticKey);
  createDaemonVerifier({ ca, daemonId: authority.daemonId, clock })(credentials, staticKey);
}

const leafOf = async (authority: Authority): Promise<Uint8Array> =>
  (await authority.credentials(staticKey)).certificateChain[0]!;

describe("on first use", () => {
  test("an authority is made that a plugin accepts, in files that are ours alone", async () => {
    const authority = await open();
    expect(authority.daemonId).toMatch(/^knowledge-[a-z2-7]{16}$/);
    await verify(authority);
    expect((await lstat(directory)).mode & 0o777).toBe(0o700);
    expect((await lstat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(["authority.json"]);
    expect(authority.tokenKey.publicKey.asymmetricKeyType).toBe("ed25519");
  });

  test("two authorities have nothing in common", async () => {
    const one = await open();
    const two = await openAuthority({ directory: join(root, "other"), name });
    expect(two.daemonId).not.toBe(one.daemonId);
    expect(two.tokenKey.kid).not.toBe(one.tokenKey.kid);
    const credentials = await two.credentials(staticKey);
    const check = createDaemonVerifier({ ca: one.caCertificate, daemonId: two.daemonId });
    expect(() => check(credentials, staticKey)).toThrow(/not issued by/);
  });

  test("the umask does not matter, nor missing parents", async () => {
    directory = join(root, "a", "b", "c");
    const previous = process.umask(0);
    try {
      await open();
    } finally {
      process.umask(previous);
    }
    expect((await lstat(directory)).mode & 0o777).toBe(0o700);
    expect((await lstat(join(directory, "authority.json"))).mode & 0o777).toBe(0o600);
  });

  test("of eight that start at once in one process, all agree", async () => {
    const all = await Promise.all(Array.from({ length: 8 }, open));
    expect(new Set(all.map((each) => each.daemonId)).size).toBe(1);
    expect(new Set(all.map((each) => each.tokenKey.kid)).size).toBe(1);
    expect(new Set(all.map((each) => each.caCertificate)).size).toBe(1);
    expect(await readdir(directory)).toEqual(["authority.json"]);
  });

  test("of four processes that start at once, all agree", async () => {
    const program = join(root, "open.mjs");
    const source = new URL("../../../../runtime/typescript/src/daemon/authority.ts", import.meta.url).pathname;
    await build({
      stdin: {
        contents: `import { openAuthority } from ${JSON.stringify(source)};
          const { daemonId, tokenKey } = await openAuthority(${JSON.stringify({ directory, name })});
          console.log(daemonId + " " + tokenKey.kid);`,
        resolveDir: import.meta.dirname,
      },
      outfile: program,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "silent",
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    });
    const run = async (): Promise<string> => {
      const child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
      const [output, [code]] = await Promise.all([buffer(child.stdout), once(child, "exit")]);
      expect(code).toBe(0);
      return output.toString();
    };
    const lines = await Promise.all([run(), run(), run(), run()]);
    expect(lines[0]).toMatch(/^knowledge-[a-z2-7]{16} [\w-]{43}\n$/);
    expect(new Set(lines).size).toBe(1);
    expect(await readdir(directory)).toEqual(["authority.json"]);
  });

  test("a name of no valid form is refused", async () => {
    const invalid = expect.objectContaining({ reason: "OPTION_INVALID" }) as Error;
    for (const bad of [undefined as unknown as string, "", "Knowledge", "a/b", "-a", "a-", "a".repeat(41)]) {
      await expect(openAuthority({ directory, name: bad })).rejects.toThrow(invalid);
    }
  });

  test("the longest name gives a valid daemon id", async () => {
    const authority = await openAuthority({ directory, name: "a".repeat(40) });
    await verify(authority);
  });
});

describe("next time", () => {
  test("it is the same daemon, with the same leaf", async () => {
    const first = await open();
    const text = await readFile(path, "utf8");
    const second = await open();
    expect(second.daemonId).toBe(first.daemonId);
    expect(second.tokenKey.kid).toBe(first.tokenKey.kid);
    expect(await leafOf(second)).toEqual(await leafOf(first));
    expect(await readFile(path, "utf8")).toBe(text);
    await verify(second, first.caCertificate);
  });

  test("a leaf near its end is renewed under the same authority", async () => {
    const first = await open();
    const before = await leafOf(first);
    now += 334 * dayMs;
    expect(await leafOf(await open())).toEqual(before);
    now += 2 * dayMs;
    const renewed = await open();
    expect(await leafOf(renewed)).not.toEqual(before);
    expect(renewed.daemonId).toBe(first.daemonId);
    await verify(renewed, first.caCertificate);
    const kept = await leafOf(await open());
    expect(kept).toEqual(await leafOf(renewed));
    expect((await lstat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(["authority.json"]);
  });

  test("an expired leaf is renewed, also while the daemon runs, the same for many askers", async () => {
    const authority = await open();
    const before = await leafOf(authority);
    now += 800 * dayMs;
    const all = await Promise.all(Array.from({ length: 5 }, () => authority.credentials(staticKey)));
    expect(all[0]!.certificateChain[0]).not.toEqual(before);
    expect(new Set(all).size).toBe(1);
    await verify(authority);
  });

  test("TLS shows the leaf that signs handshakes, renewed with it", async () => {
    const authority = await open();
    const shown = async (): Promise<Uint8Array> => {
      const { certificate, privateKey } = await authority.tlsIdentity();
      const parsed = new X509Certificate(certificate);
      expect(parsed.checkPrivateKey(createPrivateKey(privateKey))).toBe(true);
      return new Uint8Array(parsed.raw);
    };
    const before = await shown();
    expect(before).toEqual(await leafOf(authority));
    now += 800 * dayMs;
    const after = await shown();
    expect(after).not.toEqual(before);
    expect(after).toEqual(await leafOf(authority));
  });

  test("a daemon whose renewed leaf cannot be kept goes on with it", async () => {
    const authority = await open();
    now += 800 * dayMs;
    await rm(directory, { recursive: true });
    await verify(authority);
  });

  test("the signature over the Noise key is made again in time, and for another key", async () => {
    const authority = await open();
    const first = await authority.credentials(staticKey);
    now += dayMs / 4;
    expect(await authority.credentials(staticKey)).toBe(first);
    now += dayMs / 2;
    const second = await authority.credentials(staticKey);
    expect(second.notAfter).toBeGreaterThan(first.notAfter);
    await verify(authority);
    expect((await authority.credentials(new Uint8Array(32))).keySignature).not.toEqual(second.keySignature);
    now -= dayMs / 2;
    expect((await authority.credentials(staticKey)).notAfter).toBeLessThan(second.notAfter);
  });

  test("an authority that has expired, or is not valid yet, is refused", async () => {
    const authority = await open();
    now += 20 * 366 * dayMs;
    expect(await refusal()).toMatch(/has expired on .*: delete it/);
    await expect(authority.credentials(staticKey)).rejects.toThrow(/has expired/);
    now -= 20 * 366 * dayMs + 3 * dayMs;
    expect(await refusal()).toMatch(/valid only from .*: set this machine's clock/);
  });

  test("one of a daemon of another name is refused", async () => {
    await open();
    await expect(openAuthority({ directory, name: "know", clock })).rejects.toThrow(/belongs to daemon knowledge-/);
  });
});

describe("what is not ours alone is refused", () => {
  test.each(["755", "750", "701"])("a directory of mode %s", async (mode) => {
    await open();
    await chmod(directory, Number.parseInt(mode, 8));
    expect(await refusal()).toMatch(new RegExp(`state is open to others \\(mode ${mode}\\): .*chmod 700`));
  });

  test.each(["644", "640", "602"])("a file of mode %s", async (mode) => {
    await open();
    await chmod(path, Number.parseInt(mode, 8));
    expect(await refusal()).toMatch(new RegExp(`json is open to others \\(mode ${mode}\\): .*chmod 600`));
  });

  test.skipIf(process.getuid?.() !== 0)("a directory or file of another user", async () => {
    await open();
    await chown(path, 65_534, 65_534);
    expect(await refusal()).toMatch(/json belongs to user 65534, not to 0/);
    await chown(path, 0, 0);
    await chown(directory, 65_534, 65_534);
    expect(await refusal()).toMatch(/state belongs to user 65534, not to 0/);
  });

  test("a symbolic link to a directory, with or without a slash, or to nothing", async () => {
    await open();
    const real = join(root, "real");
    await rename(directory, real);
    await symlink(real, directory);
    expect(await refusal()).toMatch(/state is a symbolic link/);
    directory = `${directory}/`;
    expect(await refusal()).toMatch(/state is a symbolic link/);
    directory = join(root, "dangling");
    await symlink(join(root, "nothing"), directory);
    expect(await refusal()).toMatch(/dangling is a symbolic link/);
    expect(await readdir(root)).not.toContain("nothing");
  });

  test("a symbolic link to a file, even to a good one", async () => {
    await open();
    await rename(path, join(root, "real.json"));
    await symlink(join(root, "real.json"), path);
    expect(await refusal()).toMatch(/json is a symbolic link/);
  });

  test("a file in place of the directory, and a directory or a pipe in place of the file", async () => {
    await writeFile(directory, "");
    expect(await refusal()).toMatch(/state is no directory/);
    await rm(directory);
    await mkdir(path, { recursive: true });
    await chmod(directory, 0o700);
    expect(await refusal()).toMatch(/json is no regular file/);
    await rm(path, { recursive: true });
    const [code] = (await once(spawn("mkfifo", [path]), "exit")) as [number];
    expect(code).toBe(0);
    expect(await refusal()).toMatch(/json is no regular file/);
  });

  test("a directory that cannot be made", async () => {
    await writeFile(join(root, "file"), "");
    directory = join(root, "file", "state");
    expect(await refusal()).toMatch(/cannot be made \(ENOTDIR\)/);
    await symlink(join(root, "nowhere"), join(root, "link"));
    directory = join(root, "link", "state");
    expect(await refusal()).toMatch(/cannot be made \(ENOENT\)/);
  });

  test.skipIf(process.platform !== "linux")("a directory in one that takes none", async () => {
    directory = "/proc/crucible/state";
    expect(await refusal()).toMatch(/cannot be made \(ENOENT\)/);
  });

  test("several that are missing are made at once, for us alone", async () => {
    directory = join(root, "a", "b");
    await Promise.all([1, 2, 3].map(() => openAuthority({ directory, name: "knowledge" })));
    for (const path of [directory, join(root, "a")]) expect((await stat(path)).mode & 0o777).toBe(0o700);
  });
});

describe("a corrupt file is refused, and left as it is", () => {
  interface Parts {
    format: number;
    daemonId: string;
    ca: { certificate: string; privateKey: string };
    leaf: { certificate: string; privateKey: string };
    tokenKey: string;
  }

  test.each<[string, (mine: Parts, other: Parts) => unknown]>([
    ["empty", () => undefined],
    ["null", () => null],
    ["a list", () => []],
    ["another format", (mine) => ({ ...mine, format: 2 })],
    ["no daemon id", (mine) => ({ ...mine, daemonId: undefined })],
    ["another daemon id", (mine) => ({ ...mine, daemonId: "knowledge-aaaaaaaaaaaaaaaa" })],
    ["a daemon id of no valid form", (mine) => ({ ...mine, daemonId: "a\nb" })],
    ["no authority", (mine) => ({ ...mine, ca: undefined })],
    ["another authority", (mine, other) => ({ ...mine, ca: other.ca })],
    ["another authority's key", (mine, other) => ({ ...mine, ca: { ...mine.ca, privateKey: other.ca.privateKey } })],
    ["a leaf as authority", (mine) => ({ ...mine, ca: mine.leaf })],
    ["another leaf", (mine, other) => ({ ...mine, leaf: other.leaf })],
    ["another leaf's key", (mine, other) => ({ ...mine, leaf: { ...mine.leaf, privateKey: other.leaf.privateKey } })],
    ["a certificate that is none", (mine) => ({ ...mine, leaf: { ...mine.leaf, certificate: "x" } })],
    ["a token key that is none", (mine) => ({ ...mine, tokenKey: "x" })],
    ["a token key of another kind", (mine) => ({ ...mine, tokenKey: mine.leaf.privateKey })],
  ])("%s", async (_, change) => {
    await open();
    const mine = JSON.parse(await readFile(path, "utf8")) as Parts;
    await openAuthority({ directory: join(root, "other"), name });
    const other = JSON.parse(await readFile(join(root, "other", "authority.json"), "utf8")) as Parts;
    const text = JSON.stringify(change(mine, other)) ?? "";
    await writeFile(path, text);
    expect(await refusal()).toMatch(/json is corrupt \(.+\): restore it from a backup, or delete it/);
    expect(await readFile(path, "utf8")).toBe(text);
  });

  test("cut anywhere", async () => {
    await open();
    const { size } = await lstat(path);
    for (let length = 0; length < size - 1; length += 97) {
      await truncate(path, size - 2 - length);
      expect(await refusal()).toMatch(/json is corrupt/);
    }
  });

  test("far too large", async () => {
    await open();
    await writeFile(path, " ".repeat(65_537));
    expect(await refusal()).toMatch(/far too large/);
  });
});

test("the default directory follows XDG_STATE_HOME when that is absolute", () => {
  const previous = process.env["XDG_STATE_HOME"];
  try {
    process.env["XDG_STATE_HOME"] = "/xdg";
    expect(defaultStateDirectory(name)).toBe("/xdg/crucible/knowledge");
    process.env["XDG_STATE_HOME"] = "relative";
    expect(defaultStateDirectory(name)).toMatch(/\/\.local\/state\/crucible\/knowledge$/);
  } finally {
    if (previous === undefined) delete process.env["XDG_STATE_HOME"];
    else process.env["XDG_STATE_HOME"] = previous;
  }
});
