// Every kind of change, as one pair of schemas each: which rule, which version number, which mix breaks.
import { describe, expect, test } from "vitest";
import { type Change, firstToMove } from "../../../../generator/compare/change.js";
import { changesOf } from "../../../../generator/compare/compare.js";
import { matchSchemas } from "../../../../generator/compare/match.js";
import { noRenames, parseRenames } from "../../../../generator/compare/renames.js";
import { schemaOf } from "../../../../generator/compare/schema.js";
import type { Model } from "../../../../generator/model/model.js";
import { collidingMethods } from "../../../support/colliding-methods.js";
import { modelOfText } from "../../../support/model-of.js";

/** One case: a package of its own, before and after, and `rule bump breaks` of each change. */
interface Case {
  readonly old: string;
  readonly now: string;
  readonly says: readonly string[];
}

const service = (options: string, host = "HOST_PLUGIN"): string => `
message Q { string a = 1; }
service S {
  option (crucible.options.v1.service).host = ${host};
  rpc Get(Q) returns (Q) { ${options} }
}`;
const daemon = (options: string): string => service(options, "HOST_DAEMON");
const method = (option: string): string => `option (crucible.options.v1.method).${option};`;
const level = (name: string): string => `option idempotency_level = ${name};`;
const cache = (ttl: number): string => level("NO_SIDE_EFFECTS") + method(`cache = {ttl: {seconds: ${ttl}}}`);
/** A field of a message that is asked for, answered with, both, or carried by nobody. */
const ruled = (rules: string, use: "request" | "response" | "none" = "request", host = "HOST_PLUGIN"): string => `
message M { string a = 1 ${rules === "" ? "" : `[(buf.validate.field).${rules}]`}; }
message Other { bool b = 1; }
service S {
  option (crucible.options.v1.service).host = ${host};
  rpc Get(${use === "request" ? "M" : "Other"}) returns (${use === "response" ? "M" : "Other"});
}`;
const fields = (text: string): string => `
message M { ${text} }
service S { rpc Get(M) returns (M); }`;
const values = (text: string): string => `
enum E { E_UNSPECIFIED = 0; ${text} }
message M { E e = 1; }
service S { rpc Get(M) returns (M); }`;
const [first, second] = collidingMethods("wire_id.S", "wire_id.T");

const cases: Record<string, Case> = {
  method_added: {
    old: service(""),
    now: service("").replace("}\n}", "}\n  rpc Put(Q) returns (stream Q);\n}"),
    says: ["METHOD_ADDED minor plugin"],
  },
  method_added_daemon: {
    old: daemon(""),
    now: daemon("").replace("}\n}", "}\n  rpc Put(Q) returns (stream Q);\n}"),
    says: ["METHOD_ADDED minor daemon", "CAPABILITY_WIDENED minor either"],
  },
  method_removed: {
    old: service("").replace("}\n}", "}\n  rpc Put(Q) returns (stream Q);\n}"),
    now: service(""),
    says: ["METHOD_REMOVED major daemon"],
  },
  method_renamed: { old: service(""), now: service("").replace("Get", "Fetch"), says: ["METHOD_RENAMED major both"] },
  wire_id: {
    old: `message Q { string a = 1; } service S { rpc ${first}(Q) returns (Q); }`,
    now: `message Q { string a = 1; } service T { rpc ${second}(Q) returns (Q); }`,
    says: ["SERVICE_REMOVED major daemon", "SERVICE_ADDED minor plugin", "WIRE_ID_REUSED minor either"],
  },
  kind: {
    old: service(""),
    now: service("").replace("returns (Q)", "returns (stream Q)"),
    says: ["KIND_CHANGED major both", "TIMEOUT_CHANGED patch either"],
  },
  request: {
    old: service(""),
    now: `message P { bool z = 9; }${service("").replace("Get(Q)", "Get(P)")}`,
    says: ["REQUEST_CHANGED major both", "MESSAGE_ADDED minor either"],
  },
  sensitive: { old: service(""), now: service(method("sensitive = true")), says: ["SENSITIVE_CHANGED major both"] },
  idempotent: { old: service(""), now: service(level("IDEMPOTENT")), says: ["IDEMPOTENCY_CHANGED minor plugin"] },
  not_idempotent: {
    old: service(level("NO_SIDE_EFFECTS")),
    now: service(level("IDEMPOTENT")),
    says: ["IDEMPOTENCY_CHANGED major daemon"],
  },
  timeout_shorter: {
    old: service(""),
    now: service(method("timeout = {seconds: 2}")),
    says: ["TIMEOUT_CHANGED minor plugin"],
  },
  timeout_longer: {
    old: service(""),
    now: service(method("timeout = {seconds: 90}")),
    says: ["TIMEOUT_CHANGED patch either"],
  },
  cache_longer: { old: service(cache(5)), now: service(cache(9)), says: ["CACHE_CHANGED minor plugin"] },
  cache_shorter: { old: service(cache(5)), now: service(cache(1)), says: ["CACHE_CHANGED minor daemon"] },
  cache_gone: {
    old: service(cache(5)),
    now: service(level("NO_SIDE_EFFECTS")),
    says: ["CACHE_CHANGED minor daemon"],
  },
  host: { old: service(""), now: daemon(""), says: ["HOST_CHANGED major both"] },
  capability: {
    old: daemon(method('capability = "a"')),
    now: daemon(method('capability = "b"')),
    says: ["CAPABILITY_NARROWED major both"],
  },
  capability_wider: {
    old: daemon("").replace("}\n}", `}\n  rpc Put(Q) returns (Q) { ${method('capability = "w"')} }\n}`),
    now: daemon("").replace("}\n}", "}\n  rpc Put(Q) returns (Q);\n}"),
    says: ["CAPABILITY_WIDENED minor either", "CAPABILITY_NARROWED major both"],
  },
  deprecated: {
    old: service(""),
    now: service("option deprecated = true;"),
    says: ["DEPRECATION_CHANGED patch either"],
  },
  service_gone: {
    old: `${service("")} service T { rpc Go(stream Q) returns (stream Q); }`,
    now: service(""),
    says: ["SERVICE_REMOVED major daemon"],
  },
  service_new: {
    old: service(""),
    now: `${service("")} service T { rpc Go(stream Q) returns (stream Q); }`,
    says: ["SERVICE_ADDED minor plugin"],
  },
  service_renamed: {
    old: service(""),
    now: service("").replace("service S", "service Better"),
    says: ["SERVICE_RENAMED major both", "METHOD_RENAMED major both"],
  },
  rule_request: {
    old: ruled("string.min_len = 1"),
    now: ruled("string.min_len = 2"),
    says: ["VALIDATION_TIGHTENED major daemon"],
  },
  rule_request_daemon: {
    old: ruled("", "request", "HOST_DAEMON"),
    now: ruled("string.min_len = 2", "request", "HOST_DAEMON"),
    says: ["VALIDATION_TIGHTENED major plugin"],
  },
  rule_response: {
    old: ruled("string.max_len = 9", "response"),
    now: ruled("string.max_len = 5", "response"),
    says: ["VALIDATION_TIGHTENED minor plugin"],
  },
  rule_loosened: {
    old: ruled("string.min_len = 2"),
    now: ruled("string.min_len = 1"),
    says: ["VALIDATION_LOOSENED minor plugin"],
  },
  rule_loosened_response: {
    old: ruled("string.email = true", "response"),
    now: ruled("", "response"),
    says: ["VALIDATION_LOOSENED major daemon"],
  },
  rule_changed: {
    old: ruled('string.pattern = "^a$"'),
    now: ruled('string.pattern = "^b$"'),
    says: ["VALIDATION_CHANGED major both"],
  },
  rule_unused: {
    old: ruled("", "none"),
    now: ruled("required = true", "none"),
    says: ["VALIDATION_TIGHTENED patch either"],
  },
  rule_new_field: {
    old: fields("string a = 1;"),
    now: fields("string a = 1; string b = 2 [(buf.validate.field).string.min_len = 1];"),
    says: ["FIELD_ADDED minor either", "VALIDATION_TIGHTENED major both"],
  },
  rule_new_field_harmless: {
    old: fields("string a = 1;"),
    now: fields("string a = 1; string b = 2 [(buf.validate.field).string.max_len = 9];"),
    says: ["FIELD_ADDED minor either"],
  },
  field_added: {
    old: fields("string a = 1;"),
    now: fields("string a = 1; bool b = 2;"),
    says: ["FIELD_ADDED minor either"],
  },
  field_removed: {
    old: fields("string a = 1; bool b = 2;"),
    now: fields("string a = 1; reserved 2;"),
    says: ["FIELD_REMOVED major either"],
  },
  field_reused: {
    old: fields("string a = 1; bool b = 2;"),
    now: fields("string a = 1; bytes c = 2;"),
    says: ["FIELD_REMOVED major both", "FIELD_ADDED minor either"],
  },
  field_renamed: { old: fields("string a = 1;"), now: fields("string b = 1;"), says: ["FIELD_RENAMED major either"] },
  field_number: { old: fields("string a = 1;"), now: fields("string a = 2;"), says: ["NUMBER_CHANGED major both"] },
  field_json: {
    old: fields("string a = 1;"),
    now: fields('string a = 1 [json_name = "z"];'),
    says: ["JSON_NAME_CHANGED major either"],
  },
  type_readable: { old: fields("int32 a = 1;"), now: fields("int64 a = 1;"), says: ["TYPE_CHANGED major either"] },
  type_misread: { old: fields("int32 a = 1;"), now: fields("sint32 a = 1;"), says: ["TYPE_CHANGED major both"] },
  type_list: { old: fields("string a = 1;"), now: fields("repeated string a = 1;"), says: ["TYPE_CHANGED major both"] },
  presence: {
    old: fields("int32 a = 1;"),
    now: fields("optional int32 a = 1;"),
    says: ["PRESENCE_CHANGED major either"],
  },
  oneof_renamed: {
    old: fields("oneof o { string a = 1; bool b = 2; }"),
    now: fields("oneof p { string a = 1; bool b = 2; }"),
    says: ["ONEOF_RENAMED major either"],
  },
  value_added: { old: values("E_A = 1;"), now: values("E_A = 1; E_B = 2;"), says: ["VALUE_ADDED minor either"] },
  value_removed: { old: values("E_A = 1; E_B = 2;"), now: values("E_A = 1;"), says: ["VALUE_REMOVED major either"] },
  value_renamed: { old: values("E_A = 1;"), now: values("E_B = 1;"), says: ["VALUE_RENAMED major either"] },
  value_number: { old: values("E_A = 1;"), now: values("E_A = 2;"), says: ["VALUE_CHANGED major both"] },
  message_renamed: {
    old: fields("string a = 1; bool b = 2;"),
    now: fields("string a = 1; bool b = 2;").replaceAll("M", "N"),
    says: ["MESSAGE_RENAMED major either"],
  },
  message_gone: {
    old: `${service("")} message Lone { bool a = 1; }`,
    now: service(""),
    says: ["MESSAGE_REMOVED major either"],
  },
  nothing: { old: service(cache(5)), now: `// Another comment.\n${service(cache(5))}`, says: [] },
};

const header = (name: string): string =>
  `syntax = "proto3";\npackage ${name};\nimport "buf/validate/validate.proto";\nimport "crucible/options/v1/options.proto";\n`;
const build = (side: "old" | "now"): Model =>
  modelOfText(
    Object.fromEntries(Object.entries(cases).map(([name, one]) => [`${name}.proto`, header(name) + one[side]])),
  );

describe("each kind of change", () => {
  // Compiled once: every case is a package of its own.
  const [before, after] = [build("old"), build("now")].map((model) => schemaOf([model], (path) => path));
  if (before === undefined || after === undefined) throw new Error("no schemas");
  const changes = changesOf(before, after, matchSchemas(before, after, noRenames));
  const told = ({ rule, bump, breaks }: Change): string => `${rule} ${bump} ${firstToMove(breaks)}`;

  test.each(Object.entries(cases))("%s", (name, { says }) => {
    const own = changes.filter(({ location }) => location.path === `${name}.proto`);
    expect(own.map(told).toSorted()).toEqual(says.toSorted());
    for (const { location, message } of own) {
      expect(message).not.toContain("\n");
      expect(location.line).toBeGreaterThan(0);
    }
  });

  test("--rename says what is not clear, and is refused when it makes no sense", () => {
    const matched = matchSchemas(
      before,
      after,
      parseRenames(["wire_id.S=T", `wire_id.S/${first}=${second}`], before, after),
    );
    const names = [...matched.methods].filter(([{ parent }]) => parent.fullName === "wire_id.S");
    expect(names.map(([, { wireName }]) => wireName)).toEqual([`wire_id.T/${second}`]);
    const refused = ["x", "a=b=c", "no.Such=x", "kind.Q=kind.Nope", "kind.S.Get=Nope", "kind=nope"];
    for (const text of refused) expect(() => parseRenames([text], before, after)).toThrow(/^--rename "/);
  });
});
