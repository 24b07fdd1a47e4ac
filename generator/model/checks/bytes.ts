import type { BytesRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { Check, Test } from "./check.js";
import type { RuleSet } from "./rule-set.js";

const formats: Readonly<Record<string, { readonly lengths: readonly number[]; readonly name: string }>> = {
  ip: { lengths: [4, 16], name: "IP address" },
  ipv4: { lengths: [4], name: "IPv4 address" },
  ipv6: { lengths: [16], name: "IPv6 address" },
  uuid: { lengths: [16], name: "UUID" },
};

/** The checks of `bytes` rules, in the order in which protovalidate makes them. */
export function bytesChecks(set: RuleSet<BytesRules>): Check[] {
  const checks: Check[] = [];
  const add = (rule: string, test: Test, message: string): void => {
    checks.push({ test, ruleId: `bytes.${rule}`, rulePath: set.at(rule), message });
  };
  const addSize = (rule: string, is: "less" | "more" | "other", count: bigint | undefined, words: string): void => {
    if (count !== undefined) add(rule, { kind: "size", of: "bytes", is, count }, `must be ${words}${count} bytes`);
  };

  const constant = set.take("const");
  if (constant !== undefined) add("const", { kind: "not_equal", value: constant }, `must be ${hex(constant)}`);
  addSize("len", "other", set.take("len"), "");
  addSize("min_len", "less", set.take("minLen"), "at least ");
  addSize("max_len", "more", set.take("maxLen"), "at most ");
  const pattern = set.take("pattern");
  if (pattern !== undefined) {
    add("pattern", { kind: "no_match", pattern }, `must match regex pattern \`${pattern}\``);
  }
  const parts = [
    ["prefix", "no_prefix", set.take("prefix"), "does not have prefix"],
    ["suffix", "no_suffix", set.take("suffix"), "does not have suffix"],
    ["contains", "lacks", set.take("contains"), "does not contain"],
  ] as const;
  for (const [rule, kind, value, words] of parts) {
    if (value !== undefined) add(rule, { kind, value }, `${words} ${hex(value)}`);
  }
  const allowed = set.take("in") ?? [];
  if (allowed.length > 0) add("in", { kind: "not_in", values: allowed }, `must be in list ${list(allowed)}`);
  const forbidden = set.take("notIn") ?? [];
  if (forbidden.length > 0) {
    add("not_in", { kind: "in", values: forbidden }, `must not be in list ${list(forbidden)}`);
  }
  const wellKnown = set.take("wellKnown");
  if (wellKnown?.case !== undefined && wellKnown.value) {
    const format = formats[wellKnown.case];
    if (format === undefined) set.refuse(wellKnown.case);
    else checks.push(lengthCheck(set, wellKnown.case, format.lengths, format.name));
  }
  set.take("example");
  set.finish();
  return checks;
}

function lengthCheck(set: RuleSet<BytesRules>, rule: string, lengths: readonly number[], name: string): Check {
  return {
    test: { kind: "empty" },
    ruleId: `bytes.${rule}_empty`,
    rulePath: set.at(rule),
    message: `value is empty, which is not a valid ${name}`,
    otherwise: {
      test: { kind: "no_length", lengths },
      ruleId: `bytes.${rule}`,
      rulePath: set.at(rule),
      message: `must be a valid ${name}`,
    },
  };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Lists show bytes as the text they may be. */
function list(values: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return `[${values.map((value) => decoder.decode(value)).join(", ")}]`;
}
