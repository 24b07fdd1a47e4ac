// Paths as violations write them, such as `notes[2].labels["a"]`, read back into what they name. `parsePath` of
// @bufbuild/protobuf does the same but for map keys that are 0 or negative.
import { type DescMessage, type Registry, ScalarType } from "@bufbuild/protobuf";
import type { Path } from "@bufbuild/protobuf/reflect";

type Member = Exclude<Path[number], { readonly kind: "list_sub" | "map_sub" }>;

const segment = /^(?:\[(?<extension>[\w.]+)\]|(?<name>\w+))/;
const subscript = /^\[(?:"(?<text>(?:[^"\\]|\\.)*)"|(?<word>[\w-]+))\]/s;

/**
 * The elements of a path.
 *
 * @throws Error for a path that leads nowhere in the message.
 */
export function readPath(root: DescMessage, text: string, registry: Registry): Path {
  const path: Path[number][] = [];
  let parent: DescMessage | undefined = root;
  for (let rest = text; rest !== "";) {
    const found = segment.exec(rest);
    if (found === null) throw new Error(`${text} cannot be read from ${rest} on`);
    const { extension, name } = found.groups!;
    const member: Member | undefined =
      extension === undefined
        ? (parent?.fields.find((field) => field.name === name) ?? parent?.oneofs.find((oneof) => oneof.name === name))
        : registry.getExtension(extension);
    if (member === undefined) throw new Error(`${text} leads nowhere at ${rest}`);
    path.push(member);
    rest = rest.slice(found[0].length);
    const under = subscript.exec(rest);
    if (under !== null) {
      path.push(subscriptOf(member, under.groups!));
      rest = rest.slice(under[0].length);
    }
    if (rest.startsWith(".")) rest = rest.slice(1);
    // An extension follows without a dot, as in `int64[pkg.ext]`.
    else if (rest !== "" && !rest.startsWith("[")) throw new Error(`${text} cannot be read from ${rest} on`);
    parent = member.kind === "oneof" ? undefined : member.message;
  }
  return path;
}

function subscriptOf(member: Member, { text, word }: Record<string, string | undefined>): Path[number] {
  if (member.kind === "oneof" || member.fieldKind !== "map") return { kind: "list_sub", index: Number(word) };
  if (text !== undefined) {
    const escapes: Record<string, string> = { n: "\n", r: "\r" };
    return { kind: "map_sub", key: text.replace(/\\(.)/gs, (_, character: string) => escapes[character] ?? character) };
  }
  switch (member.mapKey) {
    case ScalarType.BOOL:
      return { kind: "map_sub", key: word === "true" };
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return { kind: "map_sub", key: BigInt(word!) };
    default:
      return { kind: "map_sub", key: Number(word) };
  }
}
