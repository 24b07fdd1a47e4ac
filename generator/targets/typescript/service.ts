// `<proto>_service.ts`: for each service the table of its methods, which both sides and the runtime read.
import { docComment } from "../../emit/doc.js";
import { assign, fit, fits, quote } from "../../emit/layout.js";
import type { CacheModel, MethodModel, ServiceModel } from "../../model/model.js";
import { docs, type FileContext } from "./context.js";

const kinds = {
  unary: "Unary",
  server_stream: "ServerStream",
  client_stream: "ClientStream",
  bidi_stream: "BidiStream",
} as const;
const idempotencies = { unknown: "Unknown", no_side_effects: "NoSideEffects", idempotent: "Idempotent" } as const;
const compressions = { never: "Never", always: "Always" } as const;

/** The tables of a file's services; undefined when it has none. */
export function serviceView(context: FileContext): object | undefined {
  const { services } = context.file;
  if (services.length === 0) return undefined;
  return { services: services.map((service) => serviceTable(service, context)) };
}

function serviceTable(service: ServiceModel, context: FileContext): object {
  const names = context.names.service(service);
  const declaration = `export const ${names.table}: ${context.runtime("Service")}<${names.methods}> =`;
  // Where the brace does not fit on the line, all of the object moves in.
  const indent = fits(`${declaration} {`) ? "" : "  ";
  const property = (level: string, key: string, value: string): string => printProperty(indent + level, key, value);
  return {
    docs: docs(service),
    methodsDocs: docComment(`The methods of {@link ${names.table}}.`, false),
    methodsType: names.methods,
    head: indent === "" ? `${declaration} {` : `${declaration}\n${indent}{`,
    tail: `${indent}};`,
    indent,
    typeName: property("  ", "typeName", quote(service.fullName)),
    host: property("  ", "host", quote(service.host)),
    // The one import of the schema that is not type-only; it runs when somebody asks for reflection.
    schema: assign(`${indent}  schema: () =>`, "", `import(${quote(context.specifier(context.file, "pb"))}),`),
    methods: service.methods.map((method) => ({
      docs: docs(method, "  "),
      name: context.names.method(method),
      type: methodType(method, context),
      rows: [
        ...methodRows(method, context).map(([key, value]) => property("      ", key, value)),
        ...cacheRows(method, `${indent}      `),
      ],
    })),
  };
}

/** The properties of a method in the table, in order, with the text of their values. */
function methodRows(method: MethodModel, context: FileContext): [key: string, value: string][] {
  const rows: [key: string, value: string | undefined][] = [
    ["name", quote(method.wireName)],
    ["id", `0x${method.wireId.toString(16).padStart(8, "0")}`],
    ["kind", `${context.runtime("MethodKind")}.${kinds[method.shape]}`],
    ["request", context.codec(method.request)],
    ["response", context.codec(method.response)],
    ["validateRequest", context.validator(method.request)],
    ["validateResponse", context.validator(method.response)],
    ["idempotency", `${context.runtime("Idempotency")}.${idempotencies[method.idempotency]}`],
    ["timeoutMs", numberLiteral(method.timeoutMs)],
    ["sensitive", String(method.sensitive)],
    ["compression", method.compression && `${context.runtime("Compression")}.${compressions[method.compression]}`],
    ["capability", quote(method.capability)],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

/** `readonly query: Method<…>;` as prettier lays it out. */
function methodType(method: MethodModel, context: FileContext): string {
  const head = `  readonly ${context.names.method(method)}: ${context.runtime("Method")}<`;
  const types = [
    context.shape(method.request),
    context.init(method.request),
    context.shape(method.response),
    context.init(method.response),
  ];
  const line = `${head}${types.join(", ")}>;`;
  return fits(line) ? line : `${head}\n${types.map((type) => `    ${type}`).join(",\n")}\n  >;`;
}

/** One property of an object literal. A string goes to the next line where that gains anything. */
function printProperty(indent: string, key: string, value: string): string {
  const line = `${indent}${key}: ${value},`;
  return fits(line) || key.length < 5 ? line : `${indent}${key}:\n${indent}  ${value},`;
}

/** What a method's answers, and the calls of it, have to do with caching. */
function cacheRows({ cache, invalidates }: MethodModel, indent: string): string[] {
  const rows: string[] = [];
  if (cache !== undefined) rows.push(cacheLiteral(cache, indent));
  if (invalidates.length > 0) rows.push(fit(`${indent}invalidates: [`, invalidates.map(quote), "],"));
  return rows;
}

/** `cache: {…},`, on one line where it fits. */
function cacheLiteral(cache: CacheModel, indent: string): string {
  const numbers = [`ttlMs: ${numberLiteral(cache.ttlMs)}`, `maxBytes: ${numberLiteral(cache.maxBytes)}`];
  const sensitive = cache.allowSensitive ? ["allowSensitive: true"] : [];
  const subjects = cache.invalidatedByEvents.map(quote);
  const events = subjects.length === 0 ? [] : [`invalidatedByEvents: [${subjects.join(", ")}]`];
  const line = `${indent}cache: { ${[...numbers, ...events, ...sensitive].join(", ")} },`;
  if (fits(line)) return line;
  const inner = `${indent}  `;
  const brokenEvents = fit(`${inner}invalidatedByEvents: [`, subjects, "],");
  const lines = [
    ...numbers.map((row) => `${inner}${row},`),
    brokenEvents,
    ...sensitive.map((row) => `${inner}${row},`),
  ];
  return [`${indent}cache: {`, ...lines, `${indent}},`].join("\n");
}

/** `30_000` for 30000. */
function numberLiteral(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "_");
}
