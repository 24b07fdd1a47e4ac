// The page: a form that is checked as one types, and the entries.
import type { Entry } from "../../gen/guestbook/v1/guestbook_codec.js";
import { problemsOf, read, sign } from "./client.js";

const form = document.querySelector("form")!;
const list = document.querySelector("ol")!;

function show(field: string, text: string): void {
  const output = form.querySelector(`output[data-field="${field}"]`);
  if (output !== null) output.textContent = text;
}

function add(entry: Entry, where: "prepend" | "append"): void {
  const item = document.createElement("li");
  const time = new Date(Number(entry.signedAt?.seconds ?? 0n) * 1000);
  item.value = Number(entry.number);
  item.textContent = `${entry.text}\n${entry.name}, ${time.toLocaleString()}`;
  list[where](item);
}

/** What is in the form. */
function request(): Record<"name" | "email" | "text", string> {
  const data = new FormData(form);
  const text = (field: string): string => String(data.get(field) ?? "");
  return { name: text("name"), email: text("email"), text: text("text") };
}

/** Shows what the rules say of the form. @returns whether nothing is wrong. */
function check(): boolean {
  const problems = problemsOf(request());
  for (const field of ["name", "email", "text"]) {
    show(field, problems.get(field) ?? "");
  }
  return problems.size === 0;
}

form.addEventListener("input", check);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  show("", "");
  if (!check()) return;
  try {
    add(await sign(request()), "prepend");
    form.reset();
  } catch (error) {
    show("", error instanceof Error ? error.message : String(error));
  }
});

try {
  for (const entry of await read(50)) add(entry, "append");
} catch (error) {
  show("", error instanceof Error ? error.message : String(error));
}
