// `crucible-gen add`: a line for the user's .proto, then everything that follows from it.
//
//   schemas compiled ─▶ where, and which messages ─▶ insertions ─▶ file written ─▶ generate, skeleton merged
//
// Whether the schema still compiles is known at the end only; where it does not, the file is put back as it was.
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, relative, resolve } from "node:path";
import { buildInputs, type BuiltInputs } from "../buf/build.js";
import { locate } from "../buf/generate.js";
import { createStage } from "../buf/stage.js";
import { generate } from "../commands/generate.js";
import type { GenerateReport } from "../commands/generate-report.js";
import type { Progress } from "../commands/progress.js";
import { chooseTemplate, createContext, type ProjectOptions, readModels, slashes } from "../commands/project.js";
import { GeneratorError, mistake } from "../errors.js";
import type { FileModel, Model, ServiceModel } from "../model/model.js";
import { deleteFiles, writeFiles } from "../output/write.js";
import { unifiedDiff } from "../skeleton/diff.js";
import { applyEdits, type Edit } from "../skeleton/edits.js";
import { appendBlocks, findService, insertImport, insertMethod, type NewService, serviceLines } from "./insert.js";
import { resolveMessage } from "./message-type.js";

/** What every addition can be told. */
export interface AddOptions extends ProjectOptions {
  /** Only show what would change. */
  readonly dryRun: boolean;
  /** Whether `src/<service>.ts` is written and merged as well. */
  readonly skeleton: boolean;
  readonly progress?: Progress;
}

/** A service to add. */
export interface ServiceWish extends NewService {
  /** The .proto, relative to the working directory. Default: the only one that there is. */
  readonly file: string | undefined;
  /** The package of a file that is not there yet. Default: that of its folder. */
  readonly package: string | undefined;
}

/** A method to add. */
export interface MethodWish {
  /** Name of its service, with its package where that is needed. */
  readonly service: string;
  readonly name: string;
  /** Names of its messages. Default: `<name>Request`, `<name>Response`. */
  readonly request: string | undefined;
  readonly response: string | undefined;
  readonly clientStream: boolean;
  readonly serverStream: boolean;
  readonly comment: string;
}

/** What was added. Paths are relative to the working directory. */
export interface AddReport {
  readonly file: string;
  /** Whether the file was not there before. */
  readonly created: boolean;
  /** Full names of what is new, such as `acme.v1.Search/Query`, in the order of the file. */
  readonly added: readonly string[];
  /** What the file imports now. */
  readonly imported: readonly string[];
  readonly dryRun: boolean;
  /** In a dry run, the change of the .proto as a unified diff; else empty. */
  readonly diff: string;
  /** What was generated then; undefined in a dry run. */
  readonly generated: GenerateReport | undefined;
}

/** A change of one file, thought out. */
interface Change {
  readonly path: string;
  readonly text: string;
  readonly edits: readonly Edit[];
  readonly added: readonly string[];
  readonly imported: readonly string[];
}

interface Schemas {
  readonly inputs: BuiltInputs;
  readonly models: readonly Model[];
  readonly cwd: string;
}

const identifier = /^[A-Za-z][A-Za-z0-9_]{0,99}$/;
const optionsFile = "crucible/options/v1/options.proto";

/**
 * Adds a service without methods.
 *
 * @throws GeneratorError when it cannot be; the .proto is as it was then.
 */
export function addService(wish: ServiceWish, options: AddOptions): Promise<AddReport> {
  return change(options, (schemas) => planService(wish, schemas));
}

/**
 * Adds a method to a service, and those of its messages that are not there.
 *
 * @throws GeneratorError when it cannot be; the .proto is as it was then.
 */
export function addMethod(wish: MethodWish, options: AddOptions): Promise<AddReport> {
  return change(options, (schemas) => planMethod(wish, schemas));
}

async function change(options: AddOptions, plan: (schemas: Schemas) => Change): Promise<AddReport> {
  const { cwd, dryRun, progress } = options;
  progress?.say("compiling schemas");
  const { path, text, edits, added, imported } = plan(await readSchemas(options));
  const file = slashes(relative(cwd, path));
  const created = !existsSync(path);
  const report = { file, created, added, imported, dryRun };
  if (dryRun) return { ...report, diff: unifiedDiff(file, text, edits), generated: undefined };
  options.signal.throwIfAborted();
  const content = (now: string): Uint8Array => new TextEncoder().encode(now);
  writeFiles([{ path, content: content(applyEdits(text, edits)) }], cwd);
  try {
    return { ...report, diff: "", generated: await generate(options) };
  } catch (error) {
    if (created) deleteFiles([path], cwd, cwd);
    else writeFiles([{ path, content: content(text) }], cwd);
    if (!(error instanceof GeneratorError)) throw error;
    const back = `${file} was put back as it was, because the schemas do not compile with ${added.join(", ")}`;
    throw new GeneratorError([...error.mistakes, { location: undefined, message: back }]);
  }
}

async function readSchemas(options: AddOptions): Promise<Schemas> {
  const { template } = chooseTemplate(options);
  using stage = createStage();
  const inputs = await buildInputs(template, createContext(options, stage));
  return { inputs, models: readModels(inputs), cwd: options.cwd };
}

function planService({ name, host, comment, file, package: wanted }: ServiceWish, schemas: Schemas): Change {
  checkName("service", name, "SearchProvider");
  const path = file === undefined ? onlyFile(schemas) : resolve(schemas.cwd, file);
  const model = ownFiles(schemas).find((one) => pathOf(one, schemas) === path);
  if (model === undefined && existsSync(path)) {
    throw mistake(`${file} is no schema of this project: name one, or one that is still to be written`);
  }
  if (model !== undefined && wanted !== undefined && wanted !== model.package) {
    throw mistake(`${file ?? model.path} has the package ${model.package}: leave --package out, or name another file`);
  }
  const packageName = model?.package ?? wanted ?? packageFor(path, schemas);
  const full = packageName === "" ? name : `${packageName}.${name}`;
  refuseKnown(full, schemas);
  const text = model === undefined ? newFile(path, packageName, schemas) : readText(path, schemas.cwd);
  const edits: Edit[] = [appendBlocks(text, [serviceLines({ name, host, comment })])];
  const imported = host === "daemon" ? importInto(text, optionsFile, edits) : [];
  if (model !== undefined) return { path, text, edits, added: [full], imported };
  return { path, text: "", edits: [{ start: 0, end: 0, text: applyEdits(text, edits) }], added: [full], imported };
}

function planMethod(wish: MethodWish, schemas: Schemas): Change {
  checkName("method", wish.name, "Query");
  const { service, model } = serviceNamed(wish.service, schemas);
  const { file } = service;
  // Also one that TypeScript would have to give another name: it is as good as always a slip.
  const twin = service.methods.find(({ name }) => name.toLowerCase() === wish.name.toLowerCase());
  if (twin !== undefined) {
    const location = { ...twin.location, path: locate(schemas.inputs, twin.location.path) };
    throw mistake(`${service.fullName} has a method ${twin.name} already: choose another name`, location);
  }
  const names = [...service.methods.map(({ name }) => name), wish.name];
  const named = [wish.request ?? `${wish.name}Request`, wish.response ?? `${wish.name}Response`].map((name) =>
    resolveMessage(name, service, model, names),
  );
  const [request, response] = named.map(({ name }) => name) as [string, string];
  const path = pathOf(file, schemas);
  const text = readText(path, schemas.cwd);
  const place = findService(text, service.name);
  if (place === undefined)
    throw mistake(`service ${service.name} was not found in ${slashes(relative(schemas.cwd, path))}`);
  const edits: Edit[] = [insertMethod(text, place, { ...wish, request, response })];
  const fresh = [...new Set(named.filter(({ isNew }) => isNew).map(({ name }) => name.split(".").at(-1) ?? name))];
  if (fresh.length > 0) {
    edits.push(
      appendBlocks(
        text,
        fresh.map((name) => [`message ${name} {}`]),
      ),
    );
  }
  const imported = [...new Set(named.flatMap((one) => one.imported ?? []))].flatMap((one) =>
    importInto(text, one, edits),
  );
  const prefix = file.package === "" ? "" : `${file.package}.`;
  return {
    path,
    text,
    edits,
    added: [`${service.fullName}/${wish.name}`, ...fresh.map((one) => prefix + one)],
    imported,
  };
}

function importInto(text: string, path: string, edits: Edit[]): string[] {
  const edit = insertImport(text, path);
  if (edit === undefined) return [];
  edits.unshift(edit);
  return [path];
}

function checkName(what: string, name: string, example: string): void {
  if (!identifier.test(name)) throw mistake(`${JSON.stringify(name)} cannot name a ${what}: write it as in ${example}`);
}

/** The files of the user. */
function ownFiles({ models }: Schemas): FileModel[] {
  return models.flatMap(({ files }) => files).filter((file) => file.generate);
}

/** Where a file is, absolute. */
function pathOf(file: FileModel, { inputs, cwd }: Schemas): string {
  return resolve(cwd, locate(inputs, file.path));
}

function onlyFile(schemas: Schemas): string {
  const files = ownFiles(schemas);
  const [first, ...others] = files;
  if (first !== undefined && others.length === 0) return pathOf(first, schemas);
  const shown = files.slice(0, 3).map((file) => locate(schemas.inputs, file.path));
  throw mistake(`there are ${files.length} .proto files: add --file, such as --file ${shown.join(" or ")}`);
}

function serviceNamed(name: string, { models }: Schemas): { service: ServiceModel; model: Model } {
  const all = models.flatMap((model) =>
    model.files.filter((file) => file.generate).flatMap((file) => file.services.map((service) => ({ service, model }))),
  );
  const exact = all.filter(({ service }) => service.fullName === name);
  const found = exact.length > 0 ? exact : all.filter(({ service }) => service.fullName.endsWith(`.${name}`));
  const [first, other] = found;
  if (first === undefined) {
    const known = all.slice(0, 3).map(({ service }) => service.fullName);
    const next =
      known.length > 0 ? `did you mean ${known.join(" or ")}?` : `run "crucible-gen add service ${name}" first`;
    throw mistake(`there is no service ${name}: ${next}`);
  }
  if (other !== undefined && other.service.fullName !== first.service.fullName) {
    throw mistake(
      `service ${name} may be ${first.service.fullName} or ${other.service.fullName}: write the whole name`,
    );
  }
  return first;
}

function refuseKnown(full: string, { models, inputs }: Schemas): void {
  const known = models.flatMap(({ files }) => files).flatMap(({ nestedTypes }) => nestedTypes);
  const twin = known.find((one) => one.fullName === full);
  if (twin === undefined) return;
  const location = { ...twin.location, path: locate(inputs, twin.location.path) };
  throw mistake(`there is a ${twin.kind} ${full} already: choose another name`, location);
}

/** The package of a new file: that of its neighbours, else what its folders below the input say. */
function packageFor(path: string, schemas: Schemas): string {
  const neighbour = ownFiles(schemas).find((file) => dirname(pathOf(file, schemas)) === dirname(path));
  if (neighbour !== undefined) return neighbour.package;
  const parts = dirname(importPathOf(path, schemas)).split("/");
  if (parts[0] === "." || !parts.every((part) => /^[a-z][a-z0-9_]*$/.test(part))) {
    throw mistake(`the folder of ${basename(path)} names no package: add --package, as in --package acme.search.v1`);
  }
  return parts.join(".");
}

/** How others would import a file that is still to be written: its path below the folder of schemas. */
function importPathOf(path: string, schemas: Schemas): string {
  for (const file of ownFiles(schemas)) {
    const at = slashes(pathOf(file, schemas));
    const root = at.endsWith(`/${file.path}`) ? at.slice(0, -file.path.length) : undefined;
    if (root !== undefined && slashes(path).startsWith(root)) return slashes(path).slice(root.length);
  }
  const shown = slashes(relative(schemas.cwd, path));
  throw mistake(`${shown} is in no folder of schemas: choose one that buf.gen.yaml names as an input, or proto/`);
}

function newFile(path: string, packageName: string, schemas: Schemas): string {
  const importPath = importPathOf(path, schemas);
  if (!/^[\w./-]+\.proto$/.test(importPath))
    throw mistake(`${basename(path)} is no name of a schema: end it in .proto`);
  if (!/^[a-z][\w]*(?:\.[a-z][\w]*)*$/.test(packageName)) {
    throw mistake(`package ${JSON.stringify(packageName)} is none of a schema: write it as in acme.search.v1`);
  }
  return `syntax = "proto3";\n\npackage ${packageName};\n`;
}

function readText(path: string, cwd: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
  } catch (error) {
    const shown = slashes(relative(cwd, path));
    if (error instanceof TypeError) throw mistake(`${shown} is no UTF-8: save it as UTF-8`);
    throw mistake(`${shown} cannot be read (${(error as NodeJS.ErrnoException).code}): check who may read it`);
  }
}
