// The two versions that are compared: the schemas of the project as they are, and those that `--against` names.
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { type BufContext, type BuiltInputs, buildInputs } from "../buf/build.js";
import { locate } from "../buf/generate.js";
import { type Image, ImageReader } from "../buf/image.js";
import { runBuf } from "../buf/run.js";
import type { Template } from "../buf/template.js";
import type { Workspace } from "../buf/workspace.js";
import {
  chooseTemplate,
  createContext,
  defaultTemplatePath,
  type ProjectOptions,
  readModels,
  slashes,
} from "../commands/project.js";
import { GeneratorError, mistake } from "../errors.js";
import { checkOut } from "./git.js";
import { isForeign, type Schema, schemaOf } from "./schema.js";

/** One version, compiled. */
export interface Version {
  readonly schema: Schema;
  readonly template: Template;
  readonly inputs: BuiltInputs;
  /** What buf needs to run plugins over it; its working directory is the folder that stands for that of the project. */
  readonly context: BufContext;
}

/**
 * Compiles the schemas of the project.
 *
 * @throws GeneratorError with what is wrong in them, or when there are none.
 */
export async function readCurrent(options: ProjectOptions, context: BufContext): Promise<Version> {
  const { template } = chooseTemplate(options);
  return readProject(template, context, (path) => path);
}

/**
 * Compiles the version that `--against` names: a file or folder of that name, else a commit.
 *
 * @throws GeneratorError whose places begin with `against`, when that version is invalid or not to be found.
 */
export async function readAgainst(against: string, options: ProjectOptions, context: BufContext): Promise<Version> {
  if (against === "") throw mistake("--against is empty: name a branch, tag or commit of git, a folder, or an image");
  const path = resolve(options.cwd, against);
  const there = statSync(path, { throwIfNoEntry: false });
  const name = slashes(against).replace(/\/+$/, "");
  if (there?.isDirectory()) {
    const { template, cwd } = templateOf(path, name);
    return readProject(template, { ...context, cwd, stage: within(context, "against") }, (file) => `${name}/${file}`);
  }
  if (there !== undefined) return readImageFile(path, name, options, context);
  const folder = context.stage.folder("commit");
  const cwd = await checkOut(against, options.config, folder, options);
  const own: ProjectOptions = { ...options, cwd, out: undefined };
  const show = (file: string): string => `${against}:${file}`;
  const chosen = await tell(show, async () => chooseOld(own, options, against));
  return readProject(chosen, { ...createContext(own, within(context, "against")), cwd }, show);
}

/** The template of a commit; where it had none, what is generated today says what was meant. */
function chooseOld(own: ProjectOptions, options: ProjectOptions, against: string): Template {
  if (existsSync(join(own.cwd, own.config ?? defaultTemplatePath))) return chooseTemplate(own).template;
  const { template } = chooseTemplate(options);
  const [input] = template.inputs;
  const folder = typeof input?.["directory"] === "string" ? input["directory"] : "proto";
  if (!existsSync(join(own.cwd, folder)))
    throw mistake(`${against} has no folder ${folder}: name a commit that has schemas`);
  return template;
}

/** A folder is a project with a template, a project without one, or a folder of schemas. */
function templateOf(path: string, name: string): { template: Template; cwd: string } {
  const project: ProjectOptions = { cwd: path, env: {}, signal: new AbortController().signal };
  const hasOwn = (file: string): boolean => file.endsWith(".proto") || file === "buf.yaml";
  let names: string[];
  try {
    names = readdirSync(path);
  } catch (error) {
    throw mistake(`--against ${name} cannot be read (${(error as NodeJS.ErrnoException).code}): check who may read it`);
  }
  if (names.includes(defaultTemplatePath) || (names.includes("proto") && !names.some(hasOwn))) {
    return { template: chooseTemplate(project).template, cwd: path };
  }
  return { template: { path: name, inputs: [{ directory: "." }], plugins: [], rest: {} }, cwd: path };
}

async function readProject(template: Template, context: BufContext, show: (path: string) => string): Promise<Version> {
  return tell(show, async () => {
    const inputs = await buildInputs(template, context);
    if (inputs.built.length === 0) {
      throw mistake(`${template.path} has no input that is a folder: add one such as {directory: proto}`);
    }
    const schema = schemaOf(readModels(inputs), (path) => show(locate(inputs, path)));
    return { schema, template, inputs, context };
  });
}

async function readImageFile(
  path: string,
  name: string,
  options: ProjectOptions,
  context: BufContext,
): Promise<Version> {
  // buf tells the format by the name: without a known ending it is taken for a set of descriptors as protoc writes it.
  const ending = /\.(?:binpb|json|txtpb|yaml)(?:\.(?:gz|zst))?$/.exec(name)?.[0] ?? ".binpb";
  const [copy, image] = [join(context.stage.root, `given${ending}`), join(context.stage.root, "against.binpb")];
  try {
    copyFileSync(path, copy);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    throw mistake(
      `--against ${name} cannot be read (${code}): name a file that "buf build -o" or "protoc -o" has written`,
    );
  }
  const result = await runBuf({ ...context, args: ["build", copy, "-o", image] });
  if (!result.ok || !existsSync(image)) throw mistake(noImage(name));
  const bytes = readFileSync(image);
  let read: Image;
  try {
    read = new ImageReader().read(bytes);
  } catch {
    throw mistake(noImage(name));
  }
  const { request, files } = read;
  const fileToGenerate = request.fileToGenerate.filter((file) => !isForeign(file));
  if (fileToGenerate.length === 0) throw mistake(noImage(name));
  const inputs: BuiltInputs = {
    built: [
      {
        input: { binary_image: image },
        workspace: imageWorkspace,
        request: { ...request, fileToGenerate },
        files,
      },
    ],
    passed: [],
  };
  const show = (file: string): string => `${name}:${file}`;
  return tell(show, async () => ({
    schema: schemaOf(readModels(inputs), show),
    template: chooseTemplate(options).template,
    inputs,
    context: { ...context, stage: within(context, "against") },
  }));
}

function noImage(name: string): string {
  return `--against ${name} is no image of schemas: write one by "buf build -o image.binpb" or "protoc --include_imports -o"`;
}

/** An image needs no folders. */
const imageWorkspace: Workspace = {
  args: [],
  root: "",
  relocate: (path) => path,
  locate: (path) => path,
  place: (path) => path,
  has: () => false,
};

/** A stage of its own within that of a run: two versions put files of the same names into it. */
function within({ stage }: BufContext, name: string): BufContext["stage"] {
  const root = stage.folder(name);
  return { ...stage, root, folder: (inner) => stage.folder(slashes(relative(stage.root, join(root, inner)))) };
}

/** Does something whose mistakes are in another version than the one in front of the user. */
async function tell<T>(show: (path: string) => string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GeneratorError)) throw error;
    throw new GeneratorError(
      error.mistakes.map(({ location, message }) => ({
        message,
        location: location && { ...location, path: show(location.path) },
      })),
    );
  }
}
