import type { PluginEntry, Template } from "../buf/template.js";
import type { FileModel, Model } from "../model/model.js";
import { hasRuntimeCodec, isWellKnown } from "../targets/typescript/context.js";
import type { PluginPair } from "./check-template.js";

/** What a template leaves out although generated files import it, which their compiler would say less clearly. */
export function templateNotes(template: Template, { own, es }: PluginPair, models: readonly Model[]): string[] {
  const { path } = template;
  if (own === undefined) return [`${path} has no plugin protoc-gen-crucible: add it to get codecs and services`];
  const generated = models.flatMap(({ files }) => files).filter((file) => file.generate);
  const types = generated.flatMap((file) => file.dependencies).find((file) => !file.generate && !isWellKnown(file));
  const codecs = generated.flatMap(usedFiles).find((file) => !file.generate && !hasRuntimeCodec(file));
  const notes: string[] = [];
  if (types !== undefined && es !== undefined && !includes(es, types)) {
    notes.push(`${path}: protoc-gen-es leaves out ${types.path}, which is imported; ${advice(types)}`);
  }
  if (codecs !== undefined && !includes(own, codecs)) {
    notes.push(`${path}: protoc-gen-crucible leaves out ${codecs.path}, whose messages are used; ${advice(codecs)}`);
  }
  return notes;
}

/** Files with the messages that a file has in its fields and methods. */
function usedFiles({ allMessages, services }: FileModel): FileModel[] {
  const ofFields = allMessages.flatMap(({ fields }) =>
    fields.flatMap(({ type }) => (type.kind === "message" ? [type.message.file] : [])),
  );
  const ofMethods = services.flatMap(({ methods }) =>
    methods.flatMap(({ request, response }) => [request.file, response.file]),
  );
  return [...ofFields, ...ofMethods];
}

function includes({ entry }: PluginEntry, file: FileModel): boolean {
  return entry["include_imports"] === true && (!isWellKnown(file) || entry["include_wkt"] === true);
}

function advice(file: FileModel): string {
  return `add include_imports: true${isWellKnown(file) ? " and include_wkt: true" : ""} to it`;
}
