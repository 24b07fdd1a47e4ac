// Schemas made of a seed, for where no real ones are: shapes and comments of an ordinary API, in as many lines as asked.
import { Random } from "../../fuzz/random.js";

const things = "account book chart device event folder grant host image job key lease meter note order plan".split(" ");
const traits = "active billing created default external final given hidden initial joined known linked".split(" ");
const scalars = "string string string int32 int64 uint32 bool double bytes".split(" ");
const words = "the state of a resource as its owner left it when last seen by any other caller in this region".split(
  " ",
);
const linesOfFile = 250;

/** Texts of .proto files by path. Equal for equal arguments; together at least `lines` lines. */
export function syntheticProtos(lines: number, seed: number): Map<string, string> {
  const random = new Random(seed);
  const files = new Map<string, string>();
  for (let total = 0, i = 0; total < lines; i++) {
    const text = file(i, random);
    files.set(`synthetic/v1/file${i}.proto`, text);
    total += text.split("\n").length - 1;
  }
  return files;
}

function file(index: number, random: Random): string {
  const name = capital(random.pick(things)) + index;
  const lines = ['syntax = "proto3";', "", "package synthetic.v1;", "", 'import "google/protobuf/timestamp.proto";'];
  if (index > 0) lines.push(`import "synthetic/v1/file${index - 1}.proto";`);
  const types = ["google.protobuf.Timestamp", ...(index > 0 ? [`Base${index - 1}`] : []), `Base${index}`];
  lines.push("", ...comment("", random), `message Base${index} {`, "  string name = 1;", "}");
  lines.push("", ...comment("", random), `enum State${index} {`, `  STATE${index}_UNSPECIFIED = 0;`);
  for (let i = 1; i < 6; i++)
    lines.push(...comment("  ", random), `  STATE${index}_${random.pick(traits).toUpperCase()}${i} = ${i};`);
  lines.push("}");
  const messages: string[] = [];
  while (lines.length < linesOfFile) {
    const message = name + messages.length;
    messages.push(message);
    lines.push("", ...comment("", random), `message ${message} {`, ...fields([...types, `State${index}`], random), "}");
    types.push(message);
  }
  lines.push("", ...comment("", random), `service ${name}Service {`);
  for (const message of messages) {
    lines.push(...comment("  ", random), `  rpc Get${message}(Base${index}) returns (${message});`);
  }
  return `${[...lines, "}"].join("\n")}\n`;
}

function fields(types: readonly string[], random: Random): string[] {
  const lines: string[] = [];
  const count = 3 + random.below(9);
  for (let number = 1; number <= count; number++) {
    const name = `${random.pick(traits)}_${random.pick(things)}_${number}`;
    const type = random.below(3) === 0 ? random.pick(types) : random.pick(scalars);
    const kind = random.below(10);
    lines.push(...comment("  ", random));
    if (kind === 0) lines.push(`  map<string, ${type}> ${name} = ${number};`);
    else if (kind < 3) lines.push(`  repeated ${type} ${name} = ${number};`);
    else if (kind === 3) lines.push(`  optional ${type} ${name} = ${number};`);
    else if (kind === 4) {
      lines.push(
        `  oneof ${name}_choice {`,
        `    ${type} ${name} = ${number};`,
        `    bool no_${name} = ${number + 100};`,
        "  }",
      );
    } else lines.push(`  ${type} ${name} = ${number};`);
  }
  return lines;
}

/** One to four lines: real schemas are half comments. */
function comment(indent: string, random: Random): string[] {
  return Array.from({ length: 1 + random.below(4) }, () => {
    const text = Array.from({ length: 6 + random.below(8) }, () => random.pick(words)).join(" ");
    return `${indent}// ${capital(text)}.`;
  });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
