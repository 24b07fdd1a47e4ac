// Random expressions of CEL that are right by type, over the message of the corpus.
import * as fc from "fast-check";

type Text = fc.Arbitrary<string>;

/** Expressions by type, each a little deeper than those it is made of. */
interface Level {
  readonly int: Text;
  readonly uint: Text;
  readonly double: Text;
  readonly bool: Text;
  readonly text: Text;
  readonly bytes: Text;
  readonly timestamp: Text;
  readonly duration: Text;
}

const from = (...values: string[]): Text => fc.constantFrom(...values);

const leaves: Level = {
  int: from(
    ..."this.age this.total this.small this.color this.perhaps this.second this.inner.depth this.inner.inner.depth".split(
      " ",
    ),
    ..."0 1 (-1) 2 5 9223372036854775807 (-9223372036854775808) size(this.name) size(this.tags) size(this.labels)".split(
      " ",
    ),
    ..."this.numbers[0] this.longs[0] this.table[1] this.inners[0].depth size(this.data)".split(" "),
  ),
  uint: from(..."this.count this.mask this.large this.stamp 0u 1u 3u 18446744073709551615u".split(" ")),
  double: from(..."this.ratio this.part this.rate 0.0 (-0.0) 1.5 2.0 1e300 this.weights[0]".split(" ")),
  bool: from(
    ..."this.active this.flag true false has(this.name) has(this.inner) has(this.small) has(this.first)".split(" "),
    ..."has(this.labels.a) has(this.inner.inner.name) has(this.maybe) has(this.tags) has(this.ratio)".split(" "),
    "(this.small == null)",
    "(this.text != null)",
  ),
  text: from(
    ..."this.name this.email this.text this.maybe this.first this.inner.name this.labels['a'] this.tags[0]".split(" "),
    ..."'' 'a' 'abc' 'é😀' this.third.name this.named['x'].name this.years[5]".split(" "),
  ),
  bytes: from("this.data", "b''", "b'a'", "b'\\xff'", "this.blobs[0]"),
  timestamp: from("this.start", "this.end", "timestamp('2020-01-01T00:00:00Z')"),
  duration: from("this.wait", "duration('1m')", "duration('-1.5s')"),
};

const join = (...parts: (Text | string)[]): Text =>
  fc
    .tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part)))
    .map((texts) => texts.join(""));

const pair = (operators: readonly string[], one: Text): Text => join("(", one, " ", from(...operators), " ", one, ")");

const order = ["<", "<=", ">", ">=", "==", "!="];
const sums = ["+", "-", "*"];

function deeper(inner: Level): Level {
  const { int, uint, double, bool, text, bytes, timestamp, duration } = inner;
  const number = fc.oneof(int, uint, double);
  const choice = (one: Text): Text => join("(", bool, " ? ", one, " : ", one, ")");
  const loop = (list: string, name: string, body: Text): Text =>
    join(list, from(".all(", ".exists(", ".exists_one("), name, ", ", body, ")");
  return {
    int: fc.oneof(
      int,
      pair([...sums, "/", "%"], int),
      join("(-(", int, "))"),
      join("int(", fc.oneof(uint, double), ")"),
      choice(int),
      join("size(", fc.oneof(text, bytes), ")"),
      join("this.numbers[", int, "]"),
      join("this.table[", int, "]"),
      join(timestamp, from(".getFullYear()", ".getMonth()", ".getDayOfWeek()", ".getHours()", ".getDayOfYear()")),
      join(duration, from(".getSeconds()", ".getHours()", ".getMilliseconds()")),
      join("this.tags.filter(t, t == ", text, ").size()"),
    ),
    uint: fc.oneof(uint, pair([...sums, "/", "%"], uint), join("uint(", fc.oneof(int, double), ")"), choice(uint)),
    double: fc.oneof(
      double,
      pair([...sums, "/"], double),
      join("double(", fc.oneof(int, uint), ")"),
      choice(double),
      join("(-(", double, "))"),
    ),
    bool: fc.oneof(
      { arbitrary: pair(["&&", "||"], bool), weight: 4 },
      join("!(", bool, ")"),
      pair(order, number),
      pair(order, int),
      pair(order, text),
      pair(order, bytes),
      pair(order, timestamp),
      pair(order, duration),
      pair(["==", "!="], bool),
      join(text, from(".startsWith(", ".endsWith(", ".contains("), text, ")"),
      join(text, from(".matches('^a')", ".isEmail()", ".isIp()", ".isUriRef()", ".isHostname()")),
      join(double, from(".isNan()", ".isInf()", ".isInf(1)")),
      join("(", int, " in ", from("[1, 2, 5]", "this.numbers", "this.longs", "this.table"), ")"),
      join("(", text, " in ", from("['a', 'abc', '']", "this.tags", "this.labels"), ")"),
      loop("this.numbers", "n", pair(order, fc.oneof(int, from("n", "n * n", "10 / n", "n % 3")))),
      loop("this.tags", "t", pair(order, fc.oneof(text, from("t", "t + 'a'", "this.name + t")))),
      loop(
        "this.inners",
        "i",
        fc.oneof(bool, from("i.depth > 1", "has(i.inner)", "i.name == this.name", "i.tags.exists(t, t == i.name)")),
      ),
      loop(
        "this.labels",
        "k",
        fc.oneof(bool, from("this.labels[k] == 'a'", "k in this.tags", "this.labels[k + 'x'] != ''")),
      ),
      loop("this.numbers.map(n, n / 2)", "n", pair(order, fc.oneof(int, from("n", "n + 1")))),
    ),
    text: fc.oneof(
      text,
      pair(["+"], text),
      choice(text),
      join("string(", fc.oneof(int, uint, double, bool, bytes), ")"),
      join(text, from(".lowerAscii()", ".upperAscii()")),
    ),
    bytes: fc.oneof(bytes, pair(["+"], bytes), join("bytes(", text, ")")),
    timestamp: fc.oneof(timestamp, join("(", timestamp, from(" + ", " - "), duration, ")")),
    duration: fc.oneof(duration, pair(["+", "-"], duration), join("(", timestamp, " - ", timestamp, ")")),
  };
}

const second = deeper(leaves);
const third = deeper(second);

/** Expressions that a rule can be: most give a bool, some a string. */
export const randomExpression: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: third.bool, weight: 5 },
  { arbitrary: second.bool, weight: 3 },
  { arbitrary: join(third.bool, " ? '' : ", second.text), weight: 1 },
);
