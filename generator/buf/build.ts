import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CodeGeneratorRequest } from "@bufbuild/protobuf/wkt";
import { mistake } from "../errors.js";
import { ImageReader } from "./image.js";
import { buildMistakes, runBuf } from "./run.js";
import type { Stage } from "./stage.js";
import type { Input, Template } from "./template.js";
import { refuseLoops, refuseOtherEncodings } from "./unreadable.js";
import { sourcesOf, stageWorkspace, type Workspace } from "./workspace.js";

/** What every run of buf here needs. */
export interface BufContext {
  /** Path of buf. */
  readonly program: string;
  /** The folder of our own package. */
  readonly packageRoot: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stage: Stage;
  readonly signal: AbortSignal;
  /** Reads the images of each input where the inputs are compiled more than once. */
  readonly images?: readonly ImageReader[];
}

/** An input that is a folder, compiled. */
export interface BuiltInput {
  /** What the input is in the template from now on. */
  readonly input: Input;
  readonly workspace: Workspace;
  readonly request: CodeGeneratorRequest;
  /** The descriptors that the request was read from, encoded, in the same order. */
  readonly files: readonly Uint8Array[];
}

/** The inputs of a template. */
export interface BuiltInputs {
  readonly built: readonly BuiltInput[];
  /** Inputs of other kinds (modules of a registry, repositories, archives), which buf fetches by itself. */
  readonly passed: readonly Input[];
}

/**
 * Puts the workspaces of all inputs that are folders together. They serve as long as no file comes or goes.
 *
 * @throws GeneratorError when a folder is not there, or its buf.yaml cannot be used.
 */
export function stageInputs({ inputs, path }: Template, context: BufContext): Workspace[] {
  return inputs.filter(isFolder).map(({ directory }, index) => {
    if (typeof directory !== "string") throw mistake(`${path}: an input directory is no text; name a folder`);
    return stageWorkspace({
      input: resolve(context.cwd, directory),
      cwd: context.cwd,
      ownProto: join(context.packageRoot, "proto"),
      stage: context.stage.folder(`workspace${index}`),
    });
  });
}

/**
 * Compiles every input that is a folder.
 *
 * @param workspaces what {@link stageInputs} made of the template.
 * @throws GeneratorError with what is wrong in the .proto files.
 */
export async function buildInputs(
  template: Template,
  context: BufContext,
  workspaces: readonly Workspace[] = stageInputs(template, context),
): Promise<BuiltInputs> {
  const folders = template.inputs.filter(isFolder);
  return {
    built: await Promise.all(folders.map((input, i) => buildInput(input, workspaces[i]!, i, context))),
    passed: template.inputs.filter((input) => !isFolder(input)),
  };
}

function isFolder(input: Input): boolean {
  return "directory" in input;
}

async function buildInput(input: Input, workspace: Workspace, index: number, context: BufContext): Promise<BuiltInput> {
  const { directory, paths, exclude_paths: excluded, ...rest } = input;
  const image = join(context.stage.root, `image${index}.binpb`);
  const result = await runBuf({
    ...context,
    args: [
      "build",
      ...workspace.args,
      ...texts(paths).flatMap((path) => ["--path", workspace.place(resolve(context.cwd, path))]),
      ...texts(excluded).flatMap((path) => ["--exclude-path", workspace.place(resolve(context.cwd, path))]),
      "--error-format",
      "json",
      "-o",
      image,
    ],
    cwd: workspace.root,
  });
  if (!result.ok || !existsSync(image)) {
    if (/had no \.proto files|no \.proto files were targeted/.test(result.stderr)) {
      throw mistake(`${String(directory)} holds no .proto file: write one, such as ${String(directory)}/notes.proto`);
    }
    if (/too many links$/m.test(result.stderr)) {
      refuseLoops(sourcesOf(resolve(context.cwd, String(directory)), context.cwd).folders, context.cwd);
    }
    throw buildMistakes(result, (path) => workspace.relocate(path));
  }
  const bytes = readFileSync(image);
  const { request, files } = (context.images?.[index] ?? new ImageReader()).read(bytes);
  refuseOtherEncodings(request, workspace, context.cwd);
  return { input: { ...rest, binary_image: image }, workspace, request, files };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
