import { type Change, type ChangeInit, createChange } from "../gen/oneofs/v1/body_codec.js";

const text = "text";

export function length(change: Change): number {
  if (change.body.case !== "text" && "data" === change.body.case) return 0;
  switch (change.body.case) {
    case "text":
      return 1;
    default:
      return text.length;
  }
}

export function make(value: string): Change {
  const init: ChangeInit = { body: { case: "text", value } };
  const { body } = createChange(init);
  const { case: kind } = body;
  return createChange(kind === "text" ? { body } : { body: { case: "data", value: new Uint8Array() } });
}
