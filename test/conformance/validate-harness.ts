// The messages of validate-harness.proto, read and written.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { create, createFileRegistry, fromBinary, type Message, toBinary, toJsonString } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { ViolationsSchema } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { CaseInput, Outcome } from "./validate-testee.js";

/** One suite of the report. */
export interface Suite {
  readonly name: string;
  /** How many cases it has. */
  readonly count: number;
  readonly failures: readonly { readonly name: string; readonly why: string }[];
}

/** The ways in and out of the harness. */
export interface Harness {
  readRequest(bytes: Uint8Array): { descriptors: Uint8Array; cases: Map<string, CaseInput> };
  writeResponse(outcomes: ReadonlyMap<string, Outcome>): Uint8Array;
  readReport(bytes: Uint8Array): Suite[];
}

type Any = { typeUrl: string; value: Uint8Array };
type Result = { result: { case: string | undefined; value?: unknown } };
type Case = { name: string; success: boolean; wanted?: Result; got?: Result; input?: Any };

/** Compiles the harness's schema. */
export function loadHarness(): Harness {
  const dir = fileURLToPath(new URL(".", import.meta.url));
  const buf = join(dir, "../../node_modules/.bin/buf");
  const args = ["build", join(dir, "validate-harness.proto"), "--as-file-descriptor-set", "-o", "-"];
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, execFileSync(buf, args)));
  const schema = (name: string) => registry.getMessage(`harness.${name}`)!;
  const read = <T>(name: string, bytes: Uint8Array): Message & T => fromBinary(schema(name), bytes) as Message & T;
  return {
    readRequest(bytes) {
      const { descriptors, cases } = read<{ descriptors: Uint8Array; cases: Record<string, Any> }>("Request", bytes);
      const inputs = Object.entries(cases).map(([name, { typeUrl, value }]): [string, CaseInput] => {
        return [name, { typeName: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value }];
      });
      return { descriptors, cases: new Map(inputs) };
    },
    writeResponse(outcomes) {
      const results = Object.fromEntries([...outcomes].map(([name, result]) => [name, { result }]));
      return toBinary(schema("Response"), create(schema("Response"), { results }));
    },
    readReport(bytes) {
      const { suites } = read<{ suites: { name: string; cases: Case[] }[] }>("ResultSet", bytes);
      return suites.map(({ name, cases }) => ({
        name,
        count: cases.length,
        failures: cases.filter((one) => !one.success).map((one) => ({ name: one.name, why: explain(one) })),
      }));
    },
  };
}

function explain({ wanted, got, input }: Case): string {
  return `${input?.typeUrl ?? ""}\n    wanted ${show(wanted)}\n    got    ${show(got)}`;
}

function show(result: Result | undefined): string {
  const { case: kind, value } = result?.result ?? { case: undefined };
  if (!(value instanceof Uint8Array)) return `${kind} ${String(value)}`;
  return `${kind} ${toJsonString(ViolationsSchema, fromBinary(ViolationsSchema, value))}`;
}
