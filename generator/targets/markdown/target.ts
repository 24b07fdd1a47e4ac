// The target Markdown: for each .proto a page of reference, `<proto>.md`, for those who read and do not compile.
import { type GeneratedFile, printPage } from "../../emit/file.js";
import type { FileModel, Model } from "../../model/model.js";
import { render } from "../../render/environment.js";
import { pageView } from "./page.js";

/** Writes a page for each .proto that declares a service, a message or an enum. */
export function* generateMarkdown(model: Model): Generator<GeneratedFile, void> {
  const wanted = model.files.filter((file) => file.generate && saysSomething(file));
  for (const file of wanted.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const body = render("markdown/page", pageView(file, model));
    yield { path: `${file.basePath}.md`, content: printPage(file.path, body) };
  }
}

function saysSomething({ services, allMessages, allEnums }: FileModel): boolean {
  return services.length + allMessages.length + allEnums.length > 0;
}
