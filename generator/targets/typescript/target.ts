// The target TypeScript: which files it writes for a .proto, in which order, and what each may ask for.
//
// How to add a kind of file, say `codec`:
//  1. `options.ts` (of the generator) lists its name in `fileKinds`; the file written is `<proto>_<name>.ts`.
//  2. `targets/typescript/codec.ts` exports `codecView(context: FileContext): object | undefined`. Undefined means that
//     there is nothing to say and no file is written. The view is a plain object of strings, booleans, lists and such
//     objects, with every key that the template reads present (a key may be undefined): all decisions are made here.
//  3. `templates/typescript/codec.hbs` prints it. Nothing is escaped; helpers are `each`, `if`, `unless` and no others; it
//     prints the body only: header and import statements are put in front.
//  4. `views` below maps the name to the function.
//
// Names and imports: everything outside the module is reached through the context, which imports what is asked for and
// returns the identifier to print: `context.shape(message)` for the protobuf-es type (type-only), `context.codec(message)`,
// `context.init(message)`, … for what codec files export, `context.runtime("Codec")` for a name of the runtime, which must
// be in `runtime/typescript/src/codegen/v1/symbols.ts` and exported by its door. In the module that declares a name the same
// call returns it without an import. `context.scope.declare("readNote")` makes an identifier for the module's own use.
// `context.names` has the names themselves, `propertyName()` and `enumKey()` of names.ts those of fields and enum values.
// `docs(element, indent)` gives its doc comment, ready to stand before the declaration. What must be laid out by its width
// (120) goes through `fit()` of emit/layout.ts. The output must be what prettier makes of it; test/golden proves it.
import type { Note } from "../../errors.js";
import type { FileKindName, GeneratorOptions } from "../../options.js";
import { type GeneratedFile, printFile } from "../../emit/file.js";
import type { Model } from "../../model/model.js";
import { render } from "../../render/environment.js";
import { codecView } from "./codec.js";
import { createContext, type FileContext, hasRuntimeCodec, modulePath } from "./context.js";
import { daemonView, pluginView } from "./sides.js";
import { serviceView } from "./service.js";

/** Makes the view of one kind of file; undefined when there is nothing to say. */
export type View = (context: FileContext) => object | undefined;

/** The order of the files. That of validators is given, since it brings compilers of CEL and RE2 along. */
const views: Record<FileKindName, View | undefined> = {
  codec: codecView,
  validate: undefined,
  service: serviceView,
  daemon: daemonView,
  plugin: pluginView,
};

/**
 * Writes the files of every .proto that the request asks for, in the order of their paths, one by one as they are asked
 * for.
 *
 * @param note is told what the user should know although nothing is wrong.
 * @param validateView makes the views of validators; undefined for a request without rules.
 */
export function* generateTypeScript(
  model: Model,
  options: GeneratorOptions,
  note: (note: Note) => void,
  validateView?: View,
): Generator<GeneratedFile> {
  const wanted = model.files
    .filter((file) => file.generate && (options.bootstrapWkt || !hasRuntimeCodec(file)))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  for (const file of wanted) {
    for (const kind of Object.keys(views) as FileKindName[]) {
      if (!options.emit.has(kind)) continue;
      const makeView = views[kind] ?? validateView;
      if (makeView === undefined) continue;
      const context = createContext(file, kind, model, options, note);
      const view = makeView(context);
      if (view === undefined) continue;
      const body = render(`typescript/${kind === "plugin" ? "daemon" : kind}`, view);
      yield {
        path: `${modulePath(file, kind)}.ts`,
        content: printFile(file.path, context.scope.printImports(), body),
      };
    }
  }
}
