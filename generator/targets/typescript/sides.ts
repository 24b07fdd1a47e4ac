// `<proto>_daemon.ts` and `<proto>_plugin.ts`: the same two views from the two sides of a session. A service of the
// other side is a stub to call, a service of this side a base to extend.
import { assign, fit, fits, quote } from "../../emit/layout.js";
import type { MethodModel, MethodShape, ServiceModel } from "../../model/model.js";
import { docs, type FileContext, hasCodecFile } from "./context.js";

/** What daemon code imports: stubs of plugin-hosted services, handler bases of daemon-hosted ones. */
export function daemonView(context: FileContext): object | undefined {
  return sideView("daemon", context);
}

/** What plugin code imports: stubs of daemon-hosted services, handler bases of plugin-hosted ones. */
export function pluginView(context: FileContext): object | undefined {
  return sideView("plugin", context);
}

function sideView(side: "daemon" | "plugin", context: FileContext): object | undefined {
  const { file } = context;
  if (file.services.length === 0) return undefined;
  return {
    classes: file.services.map((service) =>
      service.host === side ? handlerBase(service, context) : stub(service, context),
    ),
    // Messages and enums of the file, so that whoever uses a service needs this one import.
    reexport: hasCodecFile(file) ? quote(context.specifier(file, "codec")) : undefined,
  };
}

const calls: Record<MethodShape, string> = {
  unary: "unary",
  server_stream: "serverStream",
  client_stream: "clientStream",
  bidi_stream: "bidiStream",
};

/** A class that calls the service at the other end. */
function stub(service: ServiceModel, context: FileContext): object {
  const { client } = context.names.service(service);
  const table = context.table(service);
  return {
    docs: docs(service),
    head: `export class ${client} extends ${context.runtime("ServiceClient")} {`,
    service: `${assign(`  static readonly service: typeof ${table}`, " =", table)};`,
    members: service.methods.map((method) => stubMethod(method, table, context)),
  };
}

function stubMethod(method: MethodModel, table: string, context: FileContext): object {
  const name = context.names.method(method);
  const init = context.init(method.request);
  const [parameter, type] = streamsRequests(method)
    ? ["requests", parameterUnion("requests", [`AsyncIterable<${init}>`, `Iterable<${init}>`])]
    : ["request", ` ${init}`];
  const response = context.shape(method.response);
  const result = streamsResponses(method) ? `AsyncIterable<${response}>` : `Promise<${response}>`;
  const options = `options?: ${context.runtime("CallOptions")}`;
  const head = fit(`  ${name}(`, [`${parameter}:${type}`, options], `): ${result} {`);
  const call = `    return this.$caller.${calls[method.shape]}(`;
  const row = `${table}.methods.${name}`;
  const brokenRow = fits(`      ${row},`) ? row : `${table}.methods\n        .${name}`;
  const body = fit(call, [brokenRow, parameter, "options"], ");");
  return { docs: docs(method, "  "), lines: `${head}\n${body}\n  }` };
}

/** An abstract class whose methods answer the calls of the other end. */
function handlerBase(service: ServiceModel, context: FileContext): object {
  const { handler } = context.names.service(service);
  const table = context.table(service);
  return {
    docs: docs(service),
    head: `export abstract class ${handler} implements ${context.runtime("ServiceImplementation")} {`,
    service: `${assign(`  readonly $service: typeof ${table}`, " =", table)};`,
    members: service.methods.map((method) => handlerMethod(method, context)),
  };
}

function handlerMethod(method: MethodModel, context: FileContext): object {
  const request = context.shape(method.request);
  const parameter = streamsRequests(method) ? `requests: AsyncIterable<${request}>` : `request: ${request}`;
  const init = context.init(method.response);
  const handler = `context: ${context.runtime("HandlerContext")}`;
  const results = streamsResponses(method) ? [`AsyncIterable<${init}>`] : [`Promise<${init}>`, init];
  const head = `  abstract ${context.names.method(method)}(`;
  const lines = fit(head, [parameter, handler], `): ${results.join(" | ")};`, head, `):${resultUnion(results)};`);
  return { docs: docs(method, "  "), lines };
}

/** ` A | B` behind a parameter with a line of its own; on the next line, or one type to a line, where it is too long. */
function parameterUnion(parameter: string, types: readonly string[]): string {
  const text = types.join(" | ");
  if (fits(`    ${parameter}: ${text},`)) return ` ${text}`;
  return fits(`      ${text},`) ? `\n      ${text}` : types.map((type) => `\n      | ${type}`).join("");
}

/** ` A | B` behind a list of parameters; one type to a line where it is too long. */
function resultUnion(types: readonly string[]): string {
  const text = types.join(" | ");
  return fits(`  ): ${text};`) ? ` ${text}` : types.map((type) => `\n    | ${type}`).join("");
}

function streamsRequests(method: MethodModel): boolean {
  return method.shape === "client_stream" || method.shape === "bidi_stream";
}

function streamsResponses(method: MethodModel): boolean {
  return method.shape === "server_stream" || method.shape === "bidi_stream";
}
