import { docComment } from "../emit/doc.js";
import { fit, quote } from "../emit/layout.js";
import { ModuleScope } from "../emit/scope.js";
import type { MessageModel, MethodModel, ServiceModel } from "../model/model.js";
import { hasRuntimeCodec, modulePath } from "../targets/typescript/context.js";
import { namesOf } from "../targets/typescript/names.js";
import { reservedIdentifiers } from "../targets/typescript/reserved.js";

/** What prettier keeps to unless it is told otherwise: the file is the user's, not ours. */
const width = 80;

/** How a skeleton reaches what was generated. */
export interface SkeletonImports {
  /** The import of a generated file, given without its ending, such as `../gen/notes_plugin.js` for `notes_plugin`. */
  specifier(module: string): string;
  /** Name of the file to write, for its messages. */
  readonly file: string;
}

/** Whoever makes names for imports: the scope of a new file, or the imports of one that is there. */
export interface ImportNames {
  /** The name under which something of a module is, or will be, imported. */
  import(name: string, specifier: string, typeOnly: boolean): string;
}

/** One method as text, indented by two spaces a level from the level of class members on. */
export interface SkeletonMethod {
  /** Its name in TypeScript. */
  readonly name: string;
  /** From `async` to the opening bracket. */
  readonly head: string;
  /** The one statement in it. */
  readonly body: string;
}

/** What a method of a service is made of in TypeScript. */
export interface MethodTypes {
  /** The type of a message as it arrives. */
  shape(message: MessageModel): string;
  /** The type of a message as it is given. */
  init(message: MessageModel): string;
  /** The module that brings a message, and its names there. */
  origin(message: MessageModel): { readonly specifier: string; readonly shape: string; readonly init: string };
}

/** The types of a service's methods, imported when they are asked for. */
export function methodTypes(service: ServiceModel, imports: SkeletonImports, scope: ImportNames): MethodTypes {
  const plugin = imports.specifier(modulePath(service.file, "plugin"));
  const origin = (message: MessageModel): { specifier: string; shape: string; init: string } => {
    const { shape, init } = namesOf(message.file).message(message);
    // A message is an init shape too: for those of protobuf itself nothing else is at hand.
    if (hasRuntimeCodec(message.file)) return { specifier: "@bufbuild/protobuf/wkt", shape, init: shape };
    // The plugin's file brings the messages of its own schema along.
    const own = message.file === service.file;
    return { specifier: own ? plugin : imports.specifier(modulePath(message.file, "codec")), shape, init };
  };
  return {
    origin,
    shape(message) {
      const { specifier, shape } = origin(message);
      return scope.import(shape, specifier, true);
    },
    init(message) {
      const { specifier, init } = origin(message);
      return scope.import(init, specifier, true);
    },
  };
}

/** The text of a method that says that it is not written yet. */
export function skeletonMethod(
  method: MethodModel,
  types: MethodTypes,
  imports: SkeletonImports,
  scope: ImportNames,
): SkeletonMethod {
  const message = `${method.parent.name}.${method.name} is not implemented yet: write it in ${imports.file}`;
  const errorName = scope.import("CrucibleError", "crucible-runtime/plugin", false);
  const codes = scope.import("Code", "crucible-runtime/plugin", false);
  const context = scope.import("HandlerContext", "crucible-runtime/plugin", true);
  return {
    name: namesOf(method.parent.file).method(method),
    head: methodHead(method, types, context),
    body: printThrow(errorName, ['"NOT_IMPLEMENTED"', quote(message), `{ code: ${codes}.Unimplemented }`]),
  };
}

/** Whether the caller sends a stream, and whether the answer is one. */
export function streamsOf({ shape }: MethodModel): { readonly requests: boolean; readonly responses: boolean } {
  return {
    requests: shape === "client_stream" || shape === "bidi_stream",
    responses: shape === "server_stream" || shape === "bidi_stream",
  };
}

/** The view of `skeleton.hbs`: a class with a method for each of the service, which says that it is not written yet. */
export function skeletonView(service: ServiceModel, imports: SkeletonImports): object {
  const names = namesOf(service.file).service(service);
  const messages = service.methods.flatMap(({ request, response }) => [request, response]);
  const types = new Set(messages.map((message) => namesOf(message.file).message(message).shape));
  const className = chooseClassName(service.name, new Set([...types, names.handler]));
  const scope = new ModuleScope(reservedIdentifiers, new Set([className]));
  // Named first, so that they keep their names.
  scope.import("CrucibleError", "crucible-runtime/plugin", false);
  scope.import("Code", "crucible-runtime/plugin", false);
  const serve = scope.import("serve", "crucible-runtime/plugin", false);
  scope.import("HandlerContext", "crucible-runtime/plugin", true);
  const handler = scope.import(names.handler, imports.specifier(modulePath(service.file, "plugin")), false);
  const shapes = methodTypes(service, imports, scope);
  const members = service.methods.map((method) => skeletonMethod(method, shapes, imports, scope));
  return {
    docs: docComment(`Answers the calls of ${service.fullName}.`, service.deprecated),
    head: `class ${className} extends ${handler} {`,
    members: members.map(({ head, body }, i) => ({ head, body, gap: i > 0 })),
    serve: `await ${serve}(new ${className}());`,
    imports: scope.printImports(width),
  };
}

function methodHead(method: MethodModel, types: MethodTypes, context: string): string {
  const streams = streamsOf(method);
  const request = types.shape(method.request);
  // An underscore in front tells TypeScript, and most linters, that a parameter is not used yet.
  const parameters = [
    streams.requests ? `_requests: AsyncIterable<${request}>` : `_request: ${request}`,
    `_context: ${context}`,
  ];
  const response = types.init(method.response);
  const result = streams.responses ? `AsyncIterable<${response}>` : `Promise<${response}>`;
  const name = namesOf(method.parent.file).method(method);
  const head = `  async ${streams.responses ? "*" : ""}${name}(`;
  return fit(head, parameters, `): ${result} {`, head, `): ${result} {`, width);
}

function printThrow(errorName: string, parts: readonly string[]): string {
  const head = `    throw new ${errorName}(`;
  return fit(head, parts, ");", head, ");", width);
}

/** `Search` for `SearchProvider`: what it is without what every service is, unless that name means something here. */
function chooseClassName(service: string, taken: ReadonlySet<string>): string {
  const short = service.replace(/(?:Provider|Service|Plugin)$/, "");
  for (const name of [short, service, `${service}Impl`]) {
    if (name !== "" && !taken.has(name) && !reservedIdentifiers.has(name) && !own.has(name)) return name;
  }
  let i = 2;
  while (taken.has(`${service}Impl${i}`)) i++;
  return `${service}Impl${i}`;
}

/** Names that every skeleton imports. */
const own: ReadonlySet<string> = new Set(["Code", "CrucibleError", "HandlerContext", "serve"]);
