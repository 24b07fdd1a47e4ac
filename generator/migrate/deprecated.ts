import type { MethodModel } from "../model/model.js";

/**
 * The method of the same service that the comment of a deprecated one names in its place: `Deprecated: use FindAll.`,
 * `Replaced by [FindAll]`. It has to take and give the same messages in the same way, for only then the call stays good.
 */
export function replacementOf(method: MethodModel): MethodModel | undefined {
  if (!method.deprecated) return undefined;
  const named = /\b(?:use|replaced by|in favou?r of|superseded by)\s+(?:the\s+)?(?:method\s+)?["'`[{(]*([\w./]+)/gi;
  for (const [, path = ""] of method.comment.matchAll(named)) {
    const name = path.replace(/\.$/, "").split(/[./]/).at(-1);
    const found = method.parent.methods.find((other) => other !== method && other.name === name && !other.deprecated);
    if (
      found !== undefined &&
      found.shape === method.shape &&
      found.request === method.request &&
      found.response === method.response
    ) {
      return found;
    }
  }
  return undefined;
}
