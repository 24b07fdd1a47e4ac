// What stands in the way on disk: one line that says what and what to do, and nothing half written.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Lab, read } from "./project.js";

const proto = 'syntax = "proto3";\npackage p;\n\nmessage P {\n  string id = 1;\n}\n';
/** Nobody: root may read and write everything. */
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

let lab: Lab;
let home: string;
let unprivileged = true;
beforeAll(async () => {
  lab = new Lab();
  home = lab.project("home", {});
  chmodSync(home, 0o777);
  chmodSync(lab.dir, 0o755);
  chmodSync(lab.temporary, 0o777);
  unprivileged = (await run(lab.dir, ["--version"])).code === 0;
  if (!unprivileged) console.warn("skipped: another user may not enter the folders of this repository");
}, 60_000);
afterAll(() => lab.remove());
afterEach(() => expect(readdirSync(lab.temporary)).toEqual([]));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command, as a user whom permissions concern. */
async function run(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const options = { cwd, env: { PATH: "/usr/bin:/bin", HOME: home, TMPDIR: lab.temporary, ...env }, ...nobody };
  const child = spawn(process.execPath, [lab.launcher, ...args], options);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

function project(name: string, files: Readonly<Record<string, string>> = { "proto/p.proto": proto }): string {
  const dir = lab.project(name.replaceAll(/\W+/g, "-"), files);
  for (const entry of [dir, ...readdirSync(dir, { recursive: true, encoding: "utf8" }).map((one) => join(dir, one))]) {
    chmodSync(entry, lstatSync(entry).isDirectory() ? 0o777 : 0o666);
  }
  return dir;
}

const obstacles: [name: string, obstruct: (dir: string) => void, line: string][] = [
  [
    "a .proto that may not be read",
    (dir) => chmodSync(join(dir, "proto/p.proto"), 0),
    "error: proto/p.proto cannot be read (permission denied): check who may read it",
  ],
  [
    "a folder of schemas that may not be entered",
    (dir) => chmodSync(join(dir, "proto"), 0),
    "error: proto cannot be read (permission denied): check who may read it",
  ],
  [
    "settings that may not be read",
    (dir) => writeFileSync(join(dir, "buf.gen.yaml"), "version: v2", { mode: 0 }),
    "error: buf.gen.yaml cannot be read (EACCES): check what it is and who may read it",
  ],
  [
    "a folder where the settings have to be",
    (dir) => mkdirSync(join(dir, "buf.gen.yaml")),
    "error: buf.gen.yaml cannot be read (EISDIR): check what it is and who may read it",
  ],
  [
    "an output folder that may not be written to",
    (dir) => mkdirSync(join(dir, "gen"), { mode: 0o555 }),
    "error: gen/p_codec.ts cannot be written (permission denied): let this user write there, or choose another folder",
  ],
  [
    "a project that may not be written to",
    (dir) => chmodSync(dir, 0o555),
    "error: gen/p_codec.ts cannot be written (permission denied): let this user write there, or choose another folder",
  ],
  [
    "a folder where a generated file has to be",
    (dir) => mkdirSync(join(dir, "gen/p_codec.ts"), { recursive: true }),
    "error: gen/p_codec.ts cannot be written (there is a folder of that name): move it away, or choose another folder",
  ],
  [
    "a file of the user where a generated file has to be",
    (dir) => {
      mkdirSync(join(dir, "gen"), { mode: 0o777 });
      writeFileSync(join(dir, "gen/p_codec.ts"), "// Mine: I took the header away.\nexport {};\n");
    },
    'error: gen/p_codec.ts is not generated (it has no "@generated"): move it away, or delete it to have it written',
  ],
  [
    "a link to a file of the user where a generated file has to be",
    (dir) => {
      mkdirSync(join(dir, "gen"), { mode: 0o777 });
      writeFileSync(join(dir, "mine.ts"), "export {};\n");
      symlinkSync("../mine.ts", join(dir, "gen/p_codec.ts"));
    },
    'error: gen/p_codec.ts is not generated (it has no "@generated"): move it away, or delete it to have it written',
  ],
  [
    "schemas that are links in a circle",
    (dir) => {
      symlinkSync("b.proto", join(dir, "proto/a.proto"));
      symlinkSync("a.proto", join(dir, "proto/b.proto"));
    },
    "error: proto/a.proto is a link that leads back to itself: remove it",
  ],
  [
    "half a .proto",
    (dir) => writeFileSync(join(dir, "proto/p.proto"), proto.slice(0, proto.indexOf("  string"))),
    "proto/p.proto:4:11: encountered unmatched `{` delimiter",
  ],
  [
    "half a setting",
    (dir) => writeFileSync(join(dir, "buf.gen.yaml"), "version: v2\nplugins:\n  - local: [protoc-gen-es"),
    "buf.gen.yaml:3:26: Flow sequence in block collection must be sufficiently indented and end with a ]",
  ],
  [
    "settings that are none",
    (dir) => writeFileSync(join(dir, "buf.gen.yaml"), Buffer.from([0, 255, 254, 128])),
    'error: buf.gen.yaml holds no settings: write "version: v2" and what follows, or remove the file',
  ],
  [
    "settings without plugins",
    (dir) => writeFileSync(join(dir, "buf.gen.yaml"), "version: v2\n"),
    'error: buf.gen.yaml lists no plugins: add "local: protoc-gen-crucible", or remove the file to have one written',
  ],
];

/** Everything below a folder, with what it leads to or says; as root sees it. */
function look(dir: string): Record<string, string> {
  const entries = readdirSync(dir, { recursive: true, encoding: "utf8" }).toSorted();
  return Object.fromEntries(
    entries.map((path) => {
      const stats = lstatSync(join(dir, path));
      if (stats.isSymbolicLink()) return [path, readlinkSync(join(dir, path))];
      if (stats.isDirectory()) return [path, ""];
      try {
        return [path, readFileSync(join(dir, path), "latin1")];
      } catch {
        return [path, "not readable"];
      }
    }),
  );
}

describe("in the way", () => {
  test.each(obstacles)("%s", async (name, obstruct, line) => {
    if (!unprivileged) return;
    const dir = project(name);
    obstruct(dir);
    const before = look(dir);
    expect(await run(dir, ["generate"])).toEqual({ code: 1, stdout: "", stderr: `${line}\n` });
    expect(look(dir)).toEqual(before);
    chmodSync(dir, 0o777);
    chmodSync(join(dir, "proto"), 0o777);
  });

  test("no place for the cache of buf", async () => {
    if (!unprivileged) return;
    const dir = project("no home");
    expect(await run(dir, ["generate"], { HOME: "/nowhere" })).toEqual({
      code: 1,
      stdout: "",
      stderr:
        "error: buf cannot make its cache (mkdir /nowhere: permission denied): set HOME or BUF_CACHE_DIR to a folder that can be written to\n",
    });
  });

  test("a full disk", async () => {
    const dir = project("full");
    mkdirSync(join(dir, "gen"));
    const mount = 'mount -t tmpfs -o size=4k tmpfs gen && exec "$@" && exit';
    const isolated = (...command: string[]) =>
      spawnSync("unshare", ["--mount", "sh", "-c", mount, "sh", ...command], {
        cwd: dir,
        encoding: "utf8",
        env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: lab.dir, TMPDIR: lab.temporary },
      });
    if (isolated("true").status !== 0) {
      console.warn("skipped: no file system can be mounted here");
      return;
    }
    const after = `"${process.execPath}" "${lab.launcher}" generate; code=$?; ls gen; exit $code`;
    const { status, stdout, stderr } = isolated("sh", "-c", after);
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: "",
      stderr: "error: gen/p_pb.ts cannot be written (the disk is full): make room on it\n",
    });
  });

  test("programs that are not built", () => {
    const bare = new Lab();
    try {
      const own = join(bare.dir, "node_modules/crucible-gen/generator");
      rmSync(join(own, "dist"), { recursive: true });
      for (const name of ["crucible-gen", "protoc-gen-crucible"]) {
        const { status, stdout, stderr } = spawnSync(process.execPath, [join(own, `bin/${name}.js`), "generate"], {
          encoding: "utf8",
          input: "",
        });
        expect({ status, stdout, stderr }).toEqual({
          status: 1,
          stdout: "",
          stderr: `${name} is not built yet: run npm run build in the crucible-gen repository\n`,
        });
      }
    } finally {
      bare.remove();
    }
  });
});

test("links: one to a schema elsewhere is followed, a generated file replaces its link and not what it leads to", async () => {
  const dir = project("links", { "elsewhere/q.proto": proto.replace("message P", "message Q") });
  mkdirSync(join(dir, "proto"));
  mkdirSync(join(dir, "gen"));
  symlinkSync("../elsewhere/q.proto", join(dir, "proto/q.proto"));
  const old = "// @generated by something before.\n";
  writeFileSync(join(dir, "elsewhere/old.ts"), old);
  symlinkSync("../elsewhere/old.ts", join(dir, "gen/q_codec.ts"));
  await lab.generate(dir);
  expect(readFileSync(join(dir, "elsewhere/old.ts"), "utf8")).toBe(old);
  expect(lstatSync(join(dir, "gen/q_codec.ts")).isFile()).toBe(true);
  expect(readFileSync(join(dir, "gen/q_codec.ts"), "utf8")).toContain("export function decodeQ(");
});

test("killed while it writes: every file is the old or the new one, and the next run clears up", async () => {
  const many = (type: string): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `proto/m${i}.proto`,
        `syntax = "proto3";\npackage m${i};\nmessage M {\n  ${type} id = 1;\n}\n`,
      ]),
    );
  const dir = project("killed", many("string"));
  await lab.generate(dir);
  const old = read(dir);
  lab.project("killed", many("int32"));
  const watcher = watch(join(dir, "gen"));
  const child = spawn(process.execPath, [lab.launcher, "generate"], {
    cwd: dir,
    env: { PATH: "/usr/bin:/bin", HOME: lab.dir, TMPDIR: lab.temporary },
    stdio: "ignore",
  });
  watcher.once("change", () => child.kill("SIGKILL"));
  await once(child, "exit");
  watcher.close();
  // Its own temporary folder nobody could take away.
  for (const name of readdirSync(lab.temporary)) rmSync(join(lab.temporary, name), { recursive: true });
  const left = read(dir);
  await lab.generate(dir);
  const fresh = read(dir);
  expect(Object.keys(fresh)).toEqual(Object.keys(old));
  const drafts = Object.keys(left).filter((path) => path.endsWith(".tmp"));
  expect(Object.keys(left).filter((path) => !path.endsWith(".tmp"))).toEqual(Object.keys(old));
  for (const path of Object.keys(old)) expect([old[path], fresh[path]]).toContain(left[path]);
  expect(drafts.length + Object.keys(old).filter((path) => left[path] !== old[path]).length).toBeGreaterThan(0);
});
