import { type Change, type ChangeInit, createChange } from "../gen/oneofs/v1/body_codec.js";

const text = "text";

export function length(change: Change): number {
  if (change.content.case !== "plainText" && "data" === change.content.case) return 0;
  switch (change.content.case) {
    case "plainText":
      return 1;
    default:
      return text.length;
  }
}

export function make(value: string): Change {
  const init: ChangeInit = { content: { case: "plainText", value } };
  const { content: body } = createChange(init);
  const { case: kind } = body;
  return createChange(kind === "plainText" ? { content: body } : { content: { case: "data", value: new Uint8Array() } });
}
