import { docComment } from "../emit/doc.js";
import { fit, quote } from "../emit/layout.js";
import { ModuleScope } from "../emit/scope.js";
import type { MessageModel, MethodModel, ServiceModel } from "../model/model.js";
import { isWellKnown, modulePath } from "../targets/typescript/context.js";
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

/** The view of `skeleton.hbs`: a class with a method for each of the service, which says that it is not written yet. */
export function skeletonView(service: ServiceModel, imports: SkeletonImports): object {
  const names = namesOf(service.file).service(service);
  const messages = service.methods.flatMap(({ request, response }) => [request, response]);
  const types = new Set(messages.map((message) => namesOf(message.file).message(message).shape));
  const className = chooseClassName(service.name, new Set([...types, names.handler]));
  const scope = new ModuleScope([...reservedIdentifiers, className]);
  const plugin = imports.specifier(modulePath(service.file, "plugin"));

  // The plugin's file brings the messages of its own schema along.
  const moduleOf = (message: MessageModel): string => {
    if (isWellKnown(message.file)) return "@bufbuild/protobuf/wkt";
    return message.file === service.file ? plugin : imports.specifier(modulePath(message.file, "codec"));
  };
  const shape = (message: MessageModel): string => {
    return scope.import(namesOf(message.file).message(message).shape, moduleOf(message), true);
  };
  // A message is an init shape too: for those of protobuf itself nothing else is at hand.
  const init = (message: MessageModel): string => {
    if (isWellKnown(message.file)) return shape(message);
    return scope.import(namesOf(message.file).message(message).init, moduleOf(message), true);
  };

  const errorName = scope.import("CrucibleError", "crucible-runtime/plugin", false);
  const codes = scope.import("Code", "crucible-runtime/plugin", false);
  const serve = scope.import("serve", "crucible-runtime/plugin", false);
  const context = scope.import("HandlerContext", "crucible-runtime/plugin", true);
  const handler = scope.import(names.handler, plugin, false);
  const members = service.methods.map((method) => {
    const message = `${service.name}.${method.name} is not implemented yet: write it in ${imports.file}`;
    return {
      head: methodHead(method, { shape, init, context }),
      body: printThrow(errorName, ['"NOT_IMPLEMENTED"', quote(message), `{ code: ${codes}.Unimplemented }`]),
    };
  });
  return {
    docs: docComment(`Answers the calls of ${service.fullName}.`, service.deprecated),
    head: `class ${className} extends ${handler} {`,
    members: members.map((member, i) => ({ ...member, gap: i > 0 })),
    serve: `await ${serve}(new ${className}());`,
    imports: scope.printImports(width),
  };
}

/** What a method's head is made of. */
interface Types {
  shape(message: MessageModel): string;
  init(message: MessageModel): string;
  readonly context: string;
}

function methodHead(method: MethodModel, types: Types): string {
  const streamsRequests = method.shape === "client_stream" || method.shape === "bidi_stream";
  const streamsResponses = method.shape === "server_stream" || method.shape === "bidi_stream";
  const request = types.shape(method.request);
  // An underscore in front tells TypeScript, and most linters, that a parameter is not used yet.
  const parameters = [
    streamsRequests ? `_requests: AsyncIterable<${request}>` : `_request: ${request}`,
    `_context: ${types.context}`,
  ];
  const response = types.init(method.response);
  const result = streamsResponses ? `AsyncIterable<${response}>` : `Promise<${response}>`;
  const name = namesOf(method.parent.file).method(method);
  const head = `  async ${streamsResponses ? "*" : ""}${name}(`;
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
