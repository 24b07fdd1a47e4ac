// The peers, each as one function that says whether a message keeps its rules.
import type { MessageShape } from "@bufbuild/protobuf";
import type { NoteSchema, RequestSchema } from "../gen/bench/rules/v1/rules_pb.js";

type Request = MessageShape<typeof RequestSchema>;
type Note = MessageShape<typeof NoteSchema>;

/** What a peer checks with: the number of violations. */
export interface Validators {
  request(message: Request): number;
  note(message: Note): number;
}

/** The peers' names in ratios, ours first. */
export const validatorNames = ["crucible", "protovalidate-es"] as const;

/** Loads a peer, and nothing of the other one. */
export async function loadValidators(peer: string): Promise<Validators> {
  if (peer === "crucible") {
    const { validateNote, validateRequest } = await import("../gen/bench/rules/v1/rules_validate.js");
    return {
      request: (message) => validateRequest(message)?.length ?? 0,
      note: (message) => validateNote(message)?.length ?? 0,
    };
  }
  const { createValidator } = await import("@bufbuild/protovalidate");
  const schemas = await import("../gen/bench/rules/v1/rules_pb.js");
  const validator = createValidator();
  return {
    request: (message) => validator.validate(schemas.RequestSchema, message).violations?.length ?? 0,
    note: (message) => validator.validate(schemas.NoteSchema, message).violations?.length ?? 0,
  };
}
