import type { FieldModel, FileModel, MessageModel } from "./model.js";

// `Ignore.ALWAYS` of buf/validate/validate.proto.
const ignoreAlways = 3;

/** Whether a message states rules itself, on a field or a oneof included. */
function statesRules(message: MessageModel): boolean {
  if (message.rules !== undefined && (message.rules.cel.length > 0 || message.rules.oneof.length > 0)) return true;
  if (message.rules !== undefined && message.rules.celExpression.length > 0) return true;
  if (message.oneofs.some((oneof) => oneof.rules?.required === true)) return true;
  return message.fields.some((field) => fieldStatesRules(field));
}

function fieldStatesRules({ rules }: FieldModel): boolean {
  if (rules === undefined || rules.ignore === ignoreAlways) return false;
  return rules.required || rules.cel.length > 0 || rules.celExpression.length > 0 || rules.type.case !== undefined;
}

/**
 * The messages whose validator has something to check: those with rules of their own, and those that can hold one
 * of them in a field that is not ignored.
 */
export function spreadRules(files: Iterable<FileModel>): ReadonlySet<MessageModel> {
  const holders = new Map<MessageModel, MessageModel[]>();
  const ruled = new Set<MessageModel>();
  for (const file of files) {
    for (const message of file.allMessages) {
      if (statesRules(message)) ruled.add(message);
      for (const field of message.fields) {
        if (field.type.kind !== "message" || field.rules?.ignore === ignoreAlways) continue;
        const list = holders.get(field.type.message);
        if (list === undefined) holders.set(field.type.message, [message]);
        else list.push(message);
      }
    }
  }
  // A Set visits what is added while it is walked.
  for (const message of ruled) {
    for (const holder of holders.get(message) ?? []) ruled.add(holder);
  }
  return ruled;
}
