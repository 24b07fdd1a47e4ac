import type { StringRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { Check, Test, TextFormat } from "./check.js";
import type { RuleSet } from "./rule-set.js";

/** What a format is called in messages; `value is empty, which is not a valid …` where only that is special. */
const formats: Readonly<Record<string, { readonly format: TextFormat; readonly name: string }>> = {
  email: { format: "email", name: "email address" },
  hostname: { format: "hostname", name: "hostname" },
  ip: { format: "ip", name: "IP address" },
  ipv4: { format: "ipv4", name: "IPv4 address" },
  ipv6: { format: "ipv6", name: "IPv6 address" },
  uri: { format: "uri", name: "URI" },
  address: { format: "address", name: "hostname, or ip address" },
  uuid: { format: "uuid", name: "UUID" },
  tuuid: { format: "tuuid", name: "trimmed UUID" },
  ipWithPrefixlen: { format: "ip_with_prefixlen", name: "IP prefix" },
  ipv4WithPrefixlen: { format: "ipv4_with_prefixlen", name: "IPv4 address with prefix length" },
  ipv6WithPrefixlen: { format: "ipv6_with_prefixlen", name: "IPv6 address with prefix length" },
  ipPrefix: { format: "ip_prefix", name: "IP prefix" },
  ipv4Prefix: { format: "ipv4_prefix", name: "IPv4 prefix" },
  ipv6Prefix: { format: "ipv6_prefix", name: "IPv6 prefix" },
  hostAndPort: { format: "host_and_port", name: "host and port pair" },
  ulid: { format: "ulid", name: "ULID" },
  protobufFqn: { format: "protobuf_fqn", name: "fully-qualified Protobuf name" },
  protobufDotFqn: { format: "protobuf_dot_fqn", name: "fully-qualified Protobuf name with a leading dot" },
};

// `KnownRegex` of buf/validate/validate.proto.
const headerName = 1;
const headerValue = 2;

/** The checks of `string` rules, in the order in which protovalidate makes them. */
export function textChecks(set: RuleSet<StringRules>): Check[] {
  const checks: Check[] = [];
  const add = (rule: string, test: Test, message: string): void => {
    checks.push({ test, ruleId: `string.${rule}`, rulePath: set.at(rule), message });
  };
  const addSize = (
    rule: string,
    of: "code_points" | "utf8",
    is: "less" | "more" | "other",
    count: bigint | undefined,
    words: string,
  ): void => {
    if (count === undefined) return;
    const unit = of === "utf8" ? "bytes" : "characters";
    add(rule, { kind: "size", of, is, count }, `must be ${words}${count} ${unit}`);
  };

  const constant = set.take("const");
  if (constant !== undefined) add("const", { kind: "not_equal", value: constant }, `must equal \`${constant}\``);
  addSize("len", "code_points", "other", set.take("len"), "");
  addSize("min_len", "code_points", "less", set.take("minLen"), "at least ");
  addSize("max_len", "code_points", "more", set.take("maxLen"), "at most ");
  addSize("len_bytes", "utf8", "other", set.take("lenBytes"), "");
  addSize("min_bytes", "utf8", "less", set.take("minBytes"), "at least ");
  addSize("max_bytes", "utf8", "more", set.take("maxBytes"), "at most ");
  const pattern = set.take("pattern");
  if (pattern !== undefined) {
    add("pattern", { kind: "no_match", pattern }, `does not match regex pattern \`${pattern}\``);
  }
  const parts = [
    ["prefix", "no_prefix", set.take("prefix"), "does not have prefix"],
    ["suffix", "no_suffix", set.take("suffix"), "does not have suffix"],
    ["contains", "lacks", set.take("contains"), "does not contain substring"],
    ["not_contains", "contains", set.take("notContains"), "contains substring"],
  ] as const;
  for (const [rule, kind, value, words] of parts) {
    if (value !== undefined) add(rule, { kind, value }, `${words} \`${value}\``);
  }
  const allowed = set.take("in") ?? [];
  if (allowed.length > 0) add("in", { kind: "not_in", values: allowed }, `must be in list [${allowed.join(", ")}]`);
  const forbidden = set.take("notIn") ?? [];
  if (forbidden.length > 0) {
    add("not_in", { kind: "in", values: forbidden }, `must not be in list [${forbidden.join(", ")}]`);
  }
  const format = formatCheck(set);
  if (format !== undefined) checks.push(format);
  set.take("example");
  set.finish();
  return checks;
}

function formatCheck(set: RuleSet<StringRules>): Check | undefined {
  // Loose only when the schema says so.
  const strict = set.take("strict") ?? true;
  const wellKnown = set.take("wellKnown");
  if (wellKnown?.case === "wellKnownRegex") {
    const value = wellKnown.value as number;
    const rule = "well_known_regex";
    if (value === headerName) {
      const check = noFormat(strict ? "header_name" : "loose_header_name", "HTTP header name");
      return unlessEmpty(
        { ...check, ruleId: `string.${rule}.header_name`, rulePath: set.at(rule) },
        "HTTP header name",
      );
    }
    if (value === headerValue) {
      const check = noFormat(strict ? "header_value" : "loose_header_value", "HTTP header value");
      return { ...check, ruleId: `string.${rule}.header_value`, rulePath: set.at(rule) };
    }
    return undefined;
  }
  if (wellKnown?.case === undefined || !wellKnown.value) return undefined;
  if (wellKnown.case === "uriRef") {
    return { ...noFormat("uri_ref", "URI Reference"), ruleId: "string.uri_ref", rulePath: set.at("uri_ref") };
  }
  const known = formats[wellKnown.case];
  if (known === undefined) {
    set.refuse(wellKnown.case);
    return undefined;
  }
  const shown = known.format === "host_and_port" ? "host (hostname or IP address) and port pair" : known.name;
  const check = { ...noFormat(known.format, shown), ruleId: `string.${known.format}`, rulePath: set.at(known.format) };
  return unlessEmpty(check, known.name);
}

function noFormat(format: TextFormat, name: string): Pick<Check, "test" | "message"> {
  return { test: { kind: "no_format", format }, message: `must be a valid ${name}` };
}

/** Empty text breaks a rule of its own, which stands where the format's does. */
function unlessEmpty(check: Check, name: string): Check {
  return {
    test: { kind: "empty" },
    ruleId: `${check.ruleId}_empty`,
    rulePath: check.rulePath,
    message: `value is empty, which is not a valid ${name}`,
    otherwise: check,
  };
}
