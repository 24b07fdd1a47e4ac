import { createRegistry } from "@bufbuild/protobuf";
import { beforeAll, describe, expect, it } from "vitest";
import * as control from "../../runtime/typescript/src/gen/crucible/ipc/v1/control_codec.js";
import { file_crucible_ipc_v1_control } from "../../runtime/typescript/src/gen/crucible/ipc/v1/control_pb.js";
import * as envelope from "../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_codec.js";
import { file_crucible_ipc_v1_envelope } from "../../runtime/typescript/src/gen/crucible/ipc/v1/envelope_pb.js";
import * as error from "../../runtime/typescript/src/gen/crucible/ipc/v1/error_codec.js";
import { file_crucible_ipc_v1_error } from "../../runtime/typescript/src/gen/crucible/ipc/v1/error_pb.js";
import * as handshake from "../../runtime/typescript/src/gen/crucible/ipc/v1/handshake_codec.js";
import { file_crucible_ipc_v1_handshake } from "../../runtime/typescript/src/gen/crucible/ipc/v1/handshake_pb.js";
import { type Corpus, compileCorpus, loadCorpus, messagesOf } from "../support/corpus.js";
import { fuzzDecoder } from "./decoder-fuzz.js";
import { fuzzIterations, fuzzSeed } from "./random.js";

const typeNames = compileCorpus()
  .file.filter((file) => file.package.startsWith("corpus."))
  .flatMap((file) => file.messageType.map((message) => `${file.package}.${message.name}`));

const payloadFiles = [
  { file: file_crucible_ipc_v1_control, codecs: control },
  { file: file_crucible_ipc_v1_envelope, codecs: envelope },
  { file: file_crucible_ipc_v1_error, codecs: error },
  { file: file_crucible_ipc_v1_handshake, codecs: handshake },
];
const payloads = payloadFiles.flatMap(({ file, codecs }) => messagesOf(codecs, createRegistry(file)));

const iterations = fuzzIterations(10_000);

let corpus: Corpus;
beforeAll(async () => {
  corpus = await loadCorpus();
});

describe("decoders of the protocol's own payloads, fuzzed", () => {
  it("are all here", () => {
    expect(payloads.length).toBe(payloadFiles.reduce((sum, { file }) => sum + file.messages.length, 0));
  });

  it.each(payloads)(
    "$desc.typeName gives what protobuf-es gives, or one clear error",
    (payload) => {
      fuzzDecoder({ ...payload, seed: fuzzSeed(), iterations });
    },
    0,
  );
});

describe("generated decoders, fuzzed", () => {
  it.each(typeNames)(
    "%s gives what protobuf-es gives, or one clear error",
    (typeName) => {
      const { accepted, refused } = fuzzDecoder({ ...corpus.messages.get(typeName)!, seed: fuzzSeed(), iterations });
      // Mutations that are all refused, or never, would test nothing.
      expect(accepted).toBeGreaterThan(iterations / 100);
      expect(refused).toBeGreaterThan(iterations / 100);
    },
    0,
  );
});
