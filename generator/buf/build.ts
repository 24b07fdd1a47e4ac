import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CodeGeneratorRequest } from "@bufbuild/protobuf/wkt";
import { mistake } from "../errors.js";
import { readImage } from "./image.js";
import { buildMistakes, runBuf } from "./run.js";
import type { Stage } from "./stage.js";
import type { Input, Template } from "./template.js";
import { stageWorkspace, type Workspace } from "./workspace.js";

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
}

/** An input that is a folder, compiled. */
export interface BuiltInput {
  /** What the input is in the template from now on. */
  readonly input: Input;
  readonly workspace: Workspace;
  readonly request: CodeGeneratorRequest;
  /** What the request was read from: an encoded `FileDescriptorSet` with the same files in the same order. */
  readonly image: Uint8Array;
}

/** The inputs of a template. */
export interface BuiltInputs {
  readonly built: readonly BuiltInput[];
  /** Inputs of other kinds (modules of a registry, repositories, archives), which buf fetches by itself. */
  readonly passed: readonly Input[];
}

/**
 * Compiles every input that is a folder.
 *
 * @throws GeneratorError with what is wrong in the .proto files.
 */
export async function buildInputs(template: Template, context: BufContext): Promise<BuiltInputs> {
  const folders = template.inputs.filter((input) => "directory" in input);
  return {
    built: await Promise.all(folders.map((input, i) => buildInput(input, i, template.path, context))),
    passed: template.inputs.filter((input) => !("directory" in input)),
  };
}

async function buildInput(input: Input, index: number, templatePath: string, context: BufContext): Promise<BuiltInput> {
  const { directory, paths, exclude_paths: excluded, ...rest } = input;
  if (typeof directory !== "string") throw mistake(`${templatePath}: an input directory is no text; name a folder`);
  const workspace = stageWorkspace({
    input: resolve(context.cwd, directory),
    cwd: context.cwd,
    ownProto: join(context.packageRoot, "proto"),
    stage: context.stage.folder(`workspace${index}`),
  });
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
      throw mistake(`${directory} holds no .proto file: write one, such as ${directory}/notes.proto`);
    }
    throw buildMistakes(result, (path) => workspace.relocate(path));
  }
  const bytes = readFileSync(image);
  return { input: { ...rest, binary_image: image }, workspace, request: readImage(bytes), image: bytes };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
