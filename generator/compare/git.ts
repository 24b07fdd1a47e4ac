// A version of the schemas as git has it. Only what buf reads is taken out of the repository; nothing in it is changed.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { mistake } from "../errors.js";

/** The most that is taken out of a commit, in bytes: schemas are text that somebody wrote. */
const maxBytes = 256 << 20;

/** Where git is asked. */
export interface GitContext {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

interface Blob {
  readonly path: string;
  readonly id: string;
  readonly size: number;
}

/**
 * Writes the schemas of a commit, and what buf.yaml and buf.gen.yaml say about them, into a folder.
 *
 * @param ref a branch, tag or commit.
 * @param template the name of the template, when it is not `buf.gen.yaml`.
 * @param folder empty; gets the layout of the repository.
 * @returns the folder in it that stands for the working directory.
 * @throws GeneratorError when there is no such commit, or no git.
 */
export async function checkOut(
  ref: string,
  template: string | undefined,
  folder: string,
  context: GitContext,
): Promise<string> {
  const top = await git(["rev-parse", "--show-prefix"], context);
  const shown = JSON.stringify(ref);
  if (top.code !== 0) {
    throw mistake(
      `--against ${shown}: there is no file or folder of that name, and ${context.cwd} is not in a git repository: name a folder of .proto files or an image`,
    );
  }
  const prefix = top.stdout.toString("utf8").replace(/\n$/, "");
  const found = await git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`], context);
  const commit = found.stdout.toString("utf8").trim();
  if (found.code !== 0 || !/^[0-9a-f]{40,64}$/.test(commit)) {
    throw mistake(
      `--against ${shown}: git knows no such branch, tag or commit, and no file or folder has the name: look at "git tag", or fetch it`,
    );
  }
  const listed = await git(["ls-tree", "-r", "-z", "-l", "--full-tree", commit], context);
  if (listed.code !== 0) throw failed(ref, listed.stderr);
  const blobs = readList(listed.stdout.toString("utf8"), template === undefined ? undefined : prefix + template);
  if (blobs.reduce((sum, { size }) => sum + size, 0) > maxBytes) {
    throw mistake(
      `--against ${shown}: the schemas of that commit take more than ${maxBytes >> 20} MiB: name a folder of them instead`,
    );
  }
  const contents = await readBlobs(ref, blobs, context);
  for (const [i, { path }] of blobs.entries()) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, contents[i] ?? new Uint8Array());
  }
  const cwd = join(folder, prefix);
  mkdirSync(cwd, { recursive: true });
  return cwd;
}

/** The regular files that matter. Links are left out: what they lead to lies outside of the commit. */
function readList(text: string, template: string | undefined): Blob[] {
  return text.split("\0").flatMap((entry) => {
    const match = /^100(?:644|755) blob ([0-9a-f]+) +(\d+)\t([^]+)$/.exec(entry);
    if (match === null) return [];
    const [, id = "", size = "0", path = ""] = match;
    const parts = path.split("/");
    const wanted =
      path.endsWith(".proto") || /^buf\.(?:yaml|lock|gen\.yaml|work\.yaml)$/.test(basename(path)) || path === template;
    const safe = !parts.some((part) => part === ".." || part === "node_modules" || part === "");
    return wanted && safe ? [{ path, id, size: Number(size) }] : [];
  });
}

/** The content of each, in order. */
async function readBlobs(ref: string, blobs: readonly Blob[], context: GitContext): Promise<Buffer[]> {
  if (blobs.length === 0) return [];
  const { code, stdout, stderr } = await git(
    ["cat-file", "--batch"],
    context,
    blobs.map(({ id }) => `${id}\n`).join(""),
  );
  if (code !== 0) throw failed(ref, stderr);
  const contents: Buffer[] = [];
  let at = 0;
  for (const { id, size } of blobs) {
    const end = stdout.indexOf(10, at);
    // `<id> blob <size>`, the content, an end of line.
    if (end < 0 || stdout.toString("latin1", at, end) !== `${id} blob ${size}`)
      throw failed(ref, "an object is missing");
    contents.push(stdout.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return contents;
}

function failed(ref: string, stderr: string): Error {
  const line =
    stderr
      .trim()
      .split("\n", 1)[0]
      ?.replace(/^(?:fatal|error): /, "") ?? "";
  return mistake(`--against ${JSON.stringify(ref)}: git cannot read that commit (${line}): run "git fsck"`);
}

interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

function git(args: readonly string[], { cwd, env, signal }: GitContext, input = ""): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, {
      cwd,
      // Nothing is asked, locked or fetched.
      env: { ...env, GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0", GIT_NO_LAZY_FETCH: "1", LC_ALL: "C" },
      signal,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const chunks: Buffer[] = [];
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (stderr.length < 1 << 16) stderr += text;
    });
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason);
      else
        reject(
          mistake(
            `git cannot be started (${error.code ?? error.message}): install it, or give --against a folder or an image`,
          ),
        );
    });
    child.on("close", (code) => resolve({ code: code ?? 1, stdout: Buffer.concat(chunks), stderr }));
  });
}
