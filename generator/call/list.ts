import { CommandFailure, ExitCode } from "../commands/host.js";
import type { MethodModel } from "../model/model.js";
import type { HostedMethod } from "./runtime.js";

/** One method in a list. */
export interface ListedMethod {
  /** `package.Service/Method`. */
  readonly method: string;
  readonly kind: "unary" | "server_stream" | "client_stream" | "bidi_stream";
  /** Full names of its messages; undefined when the schemas do not have the method. */
  readonly request: string | undefined;
  readonly response: string | undefined;
  /** The comment in the schema, its first sentence. */
  readonly about: string;
}

const kinds = ["unary", "server_stream", "client_stream", "bidi_stream"] as const;

/** The methods of the schemas that a plugin hosts. */
export function listSchema(methods: readonly MethodModel[]): ListedMethod[] {
  return methods.filter(({ parent }) => parent.host === "plugin").map(describe);
}

/** What a plugin hosts, with what the schemas know of it. */
export function listHosted(
  hosted: readonly HostedMethod[] | undefined,
  methods: readonly MethodModel[],
): ListedMethod[] {
  if (hosted === undefined) {
    throw new CommandFailure(ExitCode.Mistake, "crucible-runtime is too old to say what a plugin hosts: update it");
  }
  return hosted.map(({ name, kind }) => {
    const model = methods.find(({ wireName }) => wireName === name);
    if (model !== undefined) return describe(model);
    return { method: name, kind: kinds[kind - 1] ?? "unary", request: undefined, response: undefined, about: "" };
  });
}

/** The list for people: services with their methods below, as a schema would write them. */
export function printList(methods: readonly ListedMethod[]): string {
  if (methods.length === 0) return "no methods\n";
  const services = new Set(methods.map(({ method }) => method.slice(0, method.indexOf("/"))));
  return [...services]
    .map((service) => {
      const own = methods.filter(({ method }) => method.startsWith(`${service}/`));
      return `${service}\n${own.map((method) => `  ${signature(method)}\n`).join("")}`;
    })
    .join("");
}

function signature({ method, kind, request, response, about }: ListedMethod): string {
  const name = method.slice(method.indexOf("/") + 1);
  if (request === undefined || response === undefined) return `${name}  (${kind}, not in the schemas)`;
  const [before, behind] = [
    kind === "client_stream" || kind === "bidi_stream",
    kind.endsWith("r_stream") || kind === "bidi_stream",
  ];
  const text = `${name}(${before ? "stream " : ""}${request}) returns (${behind ? "stream " : ""}${response})`;
  return about === "" ? text : `${text}  # ${about}`;
}

function describe({ wireName, shape, request, response, comment }: MethodModel): ListedMethod {
  const about = /^[^\n]*?(?:\.(?=\s|$)|$)/m.exec(comment.trim())?.[0] ?? "";
  return { method: wireName, kind: shape, request: request.fullName, response: response.fullName, about };
}
