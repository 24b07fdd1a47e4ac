// The names of a new repository: one word gives all of them.
import { basename } from "node:path";
import { mistake } from "../errors.js";
import { kebabCase } from "../skeleton/plan.js";
import { reservedIdentifiers } from "../targets/typescript/reserved.js";

/** What a repository is for. */
export const repositoryKinds = ["plugin", "daemon"] as const;
/** One of {@link repositoryKinds}. */
export type RepositoryKind = (typeof repositoryKinds)[number];

/** Every name that the files of a new repository use. */
export interface RepositoryNames {
  readonly kind: RepositoryKind;
  /** Of the npm package, such as `@acme/greeter`. */
  readonly name: string;
  /** Of the plugin or daemon at run time: 1 to 40 of `a-z`, `0-9` and `-`. */
  readonly id: string;
  /** Of the service, such as `Greeter`. */
  readonly service: string;
  /** Of the schema, such as `greeter.v1`. */
  readonly package: string;
  /** Of the source file of the service, without its ending, such as `greeter`. */
  readonly file: string;
  /** The generated files without their kind, below `gen`: `greeter/v1/greeter`. */
  readonly modulePath: string;
  /** The schema, such as `proto/greeter/v1/greeter.proto`. */
  readonly protoPath: string;
}

/** What the user has said; the rest follows. */
export interface NameWishes {
  readonly kind: RepositoryKind;
  readonly name?: string | undefined;
  readonly service?: string | undefined;
  readonly package?: string | undefined;
}

/** Words of the templates that a service cannot have as its name. */
const used: ReadonlySet<string> = new Set(
  "Daemon CrucibleError HandlerContext AddRequest AddResponse ReadRequest ReadResponse GreetRequest GreetResponse CountRequest CountResponse".split(
    " ",
  ),
);

/** The name of a repository in a folder: the folder's, as npm can have it. */
export function defaultName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    // A letter with an accent is one without.
    .normalize("NFKD")
    .replaceAll(/\p{M}+/gu, "")
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "");
  return name === "" ? "plugin" : name;
}

/**
 * Chooses every name.
 *
 * @param folder of the repository, absolute: it gives the name when there is none.
 * @throws GeneratorError for a name that cannot be.
 */
export function chooseNames(wishes: NameWishes, folder: string): RepositoryNames {
  const name = wishes.name ?? defaultName(folder);
  if (!/^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/.test(name) || name.length > 214) {
    throw mistake(`name ${JSON.stringify(name)} is none that npm takes: use a-z, 0-9, dots and hyphens, as in greeter`);
  }
  const id = idOf(name, wishes.kind);
  const service = wishes.service ?? pascalCase(id);
  if (!/^[A-Z][A-Za-z0-9]{0,59}$/.test(service)) {
    throw mistake(`service ${JSON.stringify(service)} is no name of a service: write it as in SearchProvider`);
  }
  if (used.has(service) || reservedIdentifiers.has(service)) {
    throw mistake(`service ${service} has a name that means something in TypeScript or in the files: add --service`);
  }
  const schema = wishes.package ?? `${snakeCase(id)}.v1`;
  if (!/^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*$/.test(schema) || schema.length > 100) {
    throw mistake(`package ${JSON.stringify(schema)} is none of a schema: write it as in acme.search.v1`);
  }
  if (/^(?:google|buf|crucible)(?:\.|$)/.test(schema)) {
    throw mistake(`package ${schema} belongs to others: begin with a word of your own, such as acme.${schema}`);
  }
  const modulePath = `${schema.replaceAll(".", "/")}/${snakeCase(kebabCase(service))}`;
  return {
    kind: wishes.kind,
    name,
    id,
    service,
    package: schema,
    file: fileOf(kebabCase(service)),
    modulePath,
    protoPath: `proto/${modulePath}.proto`,
  };
}

/** A program `main` is there already. */
function fileOf(name: string): string {
  return name === "main" ? "main-service" : name;
}

function idOf(name: string, kind: RepositoryKind): string {
  const id = kebabCase(name.replace(/^@[^/]*\//, ""))
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .slice(0, 40)
    .replace(/^[^a-z]+|-+$/g, "");
  return id === "" ? kind : id;
}

function pascalCase(id: string): string {
  const words = id.split("-").filter((word) => word !== "");
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

function snakeCase(id: string): string {
  return id.replaceAll("-", "_");
}
