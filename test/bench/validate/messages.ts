// Valid messages of proto/bench/rules, the same in every process.
import { create, type MessageShape } from "@bufbuild/protobuf";
import { NoteSchema, RequestSchema } from "../gen/bench/rules/v1/rules_pb.js";
import { workloads } from "../codec/messages.js";

/** Requests that keep all rules. */
export function makeRequests(): MessageShape<typeof RequestSchema>[] {
  return workloads["request"]!.messages().map((message) => {
    const { query, limit } = message as unknown as { query: string; limit: number };
    return create(RequestSchema, { query, limit });
  });
}

/** Notes that keep all rules: those of the codec's benchmark, with an address. */
export function makeNotes(): MessageShape<typeof NoteSchema>[] {
  return workloads["note"]!.messages().map((message) => {
    const { $typeName: _, tags, links, ...rest } = message as unknown as MessageShape<typeof NoteSchema>;
    const source =
      rest.source.case === "import"
        ? { case: "import" as const, value: { importer: "obsidian", importedNs: rest.source.value.importedNs } }
        : rest.source;
    return create(NoteSchema, {
      ...rest,
      source,
      tags: [...new Set(tags)],
      links: links.map(({ targetId, kind, weight, score }) => ({ targetId, kind, weight, score })),
      authorEmail: "potter@example.org",
    });
  });
}
