// Which files of the user a schema asks for: one for each service that a plugin hosts, written once.
import { existsSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Model, ServiceModel } from "../model/model.js";
import { isSourceFolder, listFiles } from "../output/list.js";
import { modulePath } from "../targets/typescript/context.js";
import { namesOf } from "../targets/typescript/names.js";
import { type Implementation, findImplementation } from "./implementation.js";

/** A service with the file that answers its calls. */
export interface SkeletonPlan {
  readonly service: ServiceModel;
  /** The file, absolute. */
  readonly path: string;
  /** What of the service is there already; undefined when the file has to be written. */
  readonly existing: Implementation | undefined;
}

/** A file of TypeScript that the user wrote: where it is, absolute, and what is in it. */
export type SourceText = readonly [path: string, text: string];

/**
 * Plans the file of each plugin-hosted service among the files asked for: `src/search-provider.ts` for `SearchProvider`.
 * A service that a class anywhere below `src` implements has its file already, whatever it is called.
 *
 * @param source the folder `src`, absolute.
 * @param sources what is in it. Default: it is read.
 */
export function planSkeletons(
  models: readonly Model[],
  source: string,
  sources?: readonly SourceText[],
): SkeletonPlan[] {
  const services = models
    .flatMap((model) => model.files)
    .filter((file) => file.generate)
    .flatMap((file) => file.services)
    .filter((service) => service.host === "plugin" && service.methods.length > 0);
  if (services.length === 0) return [];
  const texts = sources ?? readSources(source);
  return services.map((service) => {
    const handler = handlerName(service);
    const alone = services.filter((other) => handlerName(other) === handler).length === 1;
    const module = modulePath(service.file, "plugin");
    for (const [path, text] of texts) {
      if (!alone && !text.includes(module)) continue;
      const existing = findImplementation(text, handler);
      if (existing !== undefined) return { service, path, existing };
    }
    const path = join(source, `${fileName(service, services)}.ts`);
    return { service, path, existing: existsSync(path) ? { className: undefined, members: undefined } : undefined };
  });
}

/** The methods of a service that an implementation has not, by their names in TypeScript. */
export function missingMethods({ service, existing }: SkeletonPlan): string[] {
  const members = existing?.members;
  if (members === undefined) return [];
  return service.methods.map((method) => namesOf(service.file).method(method)).filter((name) => !members.has(name));
}

function handlerName(service: ServiceModel): string {
  return namesOf(service.file).service(service).handler;
}

/** `search-provider`; with its package in front where another service has the same name. */
function fileName(service: ServiceModel, services: readonly ServiceModel[]): string {
  const name = kebabCase(service.name);
  const alone = services.filter((other) => kebabCase(other.name) === name).length === 1;
  return alone ? name : `${kebabCase(service.file.package)}-${name}`;
}

/** `search-provider` for `SearchProvider`, `http-index-v2` for `HTTPIndex_v2`. */
export function kebabCase(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .replace(/[._]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .toLowerCase();
}

/** Every file of TypeScript below a folder. */
export function readSources(source: string): SourceText[] {
  return listFiles(source, isSourceFolder)
    .filter((path) => /\.[cm]?tsx?$/.test(path) && !path.endsWith(".d.ts"))
    .map((path) => [path, readFileSync(path, "utf8")]);
}

/** How a file in one folder imports a module in another, both absolute: with forward slashes, never without a dot. */
export function importPath(fromFolder: string, to: string): string {
  const path = relative(fromFolder, to).split(sep).join("/");
  return path.startsWith(".") ? path : `./${path}`;
}
