// Expressions as people write them in schemas, over one message. Those marked `left` are run by @bufbuild/cel.

/** The message that the expressions are about, without its rules. */
export const corpusFields = `
  string name = 1;
  string email = 2;
  int32 age = 3;
  int64 total = 4;
  uint32 count = 5;
  uint64 mask = 6;
  double ratio = 7;
  float part = 8;
  bool active = 9;
  bytes data = 10;
  Color color = 11;
  Inner inner = 12;
  repeated string tags = 13;
  repeated int32 numbers = 14;
  repeated int64 longs = 15;
  repeated Inner inners = 16;
  repeated Color colors = 17;
  map<string, string> labels = 18;
  map<int32, int64> table = 19;
  map<bool, Inner> flags = 20;
  google.protobuf.Timestamp start = 21;
  google.protobuf.Timestamp end = 22;
  google.protobuf.Duration wait = 23;
  google.protobuf.Int32Value small = 24;
  google.protobuf.StringValue text = 25;
  google.protobuf.UInt64Value large = 26;
  google.protobuf.BoolValue flag = 27;
  google.protobuf.DoubleValue rate = 28;
  oneof choice {
    string first = 29;
    int32 second = 30;
    Inner third = 31;
  }
  optional string maybe = 32;
  optional int32 perhaps = 33;
  map<int64, string> years = 34;
  repeated double weights = 35;
  repeated bytes blobs = 36;
  fixed64 stamp = 37 [jstype = JS_STRING];
  map<string, Inner> named = 38;
  map<uint64, Color> palette = 39;
`;

/** Compiled to TypeScript. */
export const compiled: readonly string[] = [
  "this.start < this.end",
  "!has(this.start) || !has(this.end) || this.start <= this.end",
  "this.end - this.start >= duration('1s')",
  "this.end - this.start <= duration('24h') ? '' : 'too long'",
  "this.start > timestamp('2020-01-01T00:00:00Z')",
  "this.start < now",
  "this.start + duration('1h') > this.end",
  "this.start - this.wait < this.end",
  "this.wait + duration('1m') > duration('90s')",
  "this.wait.getSeconds() < 60 && this.wait.getMilliseconds() < 500",
  "this.wait.getHours() < 1 || this.wait.getMinutes() > 70",
  "this.start.getFullYear() >= 2020",
  "this.start.getDayOfWeek() != 0 && this.start.getDayOfWeek() != 6",
  "this.start.getMonth() == 0 || this.start.getDate() == 1 || this.start.getDayOfMonth() > 3",
  "this.start.getHours() * 60 + this.start.getMinutes() < 720",
  "this.start.getDayOfYear() < 100 || this.start.getSeconds() == 0 || this.start.getMilliseconds() == 0",
  "this.name != ''",
  "this.name.size() >= 2 && size(this.name) <= 5",
  "this.name.startsWith('a') || this.name.endsWith('z') || this.name.contains('-')",
  "this.name.matches('^[a-z][a-z0-9-]*$')",
  "this.name.lowerAscii() == this.name",
  "this.name.upperAscii() != this.name",
  "this.name in ['a', 'b', 'abc']",
  "!(this.name in ['root', 'admin'])",
  "this.name < 'm'",
  "this.name + '@' + this.email != 'a@b'",
  "this.email.isEmail()",
  "this.email == '' || this.email.isEmail()",
  "this.name.isHostname() || this.name.isIp() || this.name.isIp(4) || this.name.isIp(6)",
  "this.name.isIpPrefix() || this.name.isIpPrefix(4) || this.name.isIpPrefix(true) || this.name.isIpPrefix(6, true)",
  "this.name.isUri() || this.name.isUriRef()",
  "this.name.isHostAndPort(true)",
  "this.age >= 18",
  "this.age > 0 ? '' : 'age must be positive, not ' + string(this.age)",
  "this.age % 2 == 0",
  "this.age / 2 > 3 || -this.age > 5",
  "this.age * this.age < 100",
  "this.age + 1 > this.age",
  "10 / this.age > 1",
  "10 % this.age == 1 || this.age == 0",
  "this.age == 0 || 10 % this.age == 1",
  "this.total + 1 > 0",
  "this.total * 2 > this.total",
  "this.total - this.total == 0 && -this.total <= 0",
  "this.total / int(this.count) < 10",
  "this.total % 10 == 3",
  "this.total > this.age",
  "this.total == this.age",
  "uint(this.age) <= this.count",
  "int(this.count) - 5 < this.age",
  "this.count - 1u < 10u",
  "this.count * 3u != 9u",
  "this.mask + 1u > this.mask",
  "this.mask / 2u * 2u == this.mask",
  "this.count == this.age || this.count < this.total",
  "this.ratio >= 0.0 && this.ratio <= 1.0",
  "this.ratio > 0.5 || this.part < 0.5",
  "this.ratio < 5",
  "this.ratio == this.age || this.ratio != 1",
  "this.ratio * 2.0 + 1.0 - this.part / 3.0 > 2.5",
  "!this.ratio.isNan() && !this.ratio.isInf() && !this.ratio.isInf(1) && !this.ratio.isInf(-1)",
  "double(this.age) / 2.0 > this.ratio",
  "double(this.age * 0) / 1.0 == 0.0 && 1.0 / double(this.age * -1) < 0.0",
  "int(this.ratio) > 3",
  "uint(this.ratio) < 3u",
  "int(this.name) > 3",
  "double(this.name) > 3.0",
  "bool(this.name)",
  "string(this.ratio) != '0.5'",
  "string(this.active) == 'true'",
  "string(this.data) == 'abc'",
  "bytes(this.name) == this.data",
  "this.active",
  "this.active == true || !this.active != false",
  "this.active || this.age > 5 && this.count > 2u",
  "this.active ? this.age > 5 : this.count > 2u",
  "(this.active ? 'a' : this.name) == 'a'",
  "this.data == b'abc' || this.data != b''",
  "this.data.startsWith(b'a') && this.data.endsWith(b'c') && this.data.contains(b'b')",
  "this.data.size() < 4 && this.data < b'b' && this.data + b'x' != b'x'",
  "this.color == 1",
  "this.color == cel.diff.Color.COLOR_RED",
  "this.color in [cel.diff.Color.COLOR_RED, cel.diff.Color.COLOR_BLUE]",
  "this.color != cel.diff.Color.COLOR_UNSPECIFIED || !this.active",
  "this.inner.name != '' && this.inner.depth < 3",
  "has(this.inner)",
  "has(this.inner.name) && !has(this.inner.tags)",
  "has(this.inner.inner) ? this.inner.inner.name == 'x' : true",
  "this.inner.inner.inner.depth == 0",
  "this.inner != null",
  "has(this.name) && has(this.age) && has(this.total) && has(this.ratio) && has(this.active) && has(this.data)",
  "has(this.color) || has(this.tags) || has(this.labels) || has(this.maybe) || has(this.stamp)",
  "has(this.first) || has(this.third)",
  "this.first == 'x' || this.second > 3 || this.third.name == 'y'",
  "has(this.maybe) && this.maybe != ''",
  "this.perhaps > 3",
  "this.small == null || this.small > 3",
  "this.small > 3",
  "this.small == 3",
  "this.small != this.age",
  "has(this.text) && this.text.startsWith('a')",
  "this.text == 'abc' || this.flag == true || this.rate == 1.5 || this.rate == 1",
  "this.text != null && this.text != ''",
  "this.large == null || this.large < 10u",
  "this.flag || this.active",
  "this.rate >= 0.0 || this.small != null",
  "this.tags.all(t, t != '')",
  "this.tags.exists(t, t == 'a') && !this.tags.exists(t, t == 'b')",
  "this.tags.exists_one(t, t.startsWith('a'))",
  "this.tags.filter(t, t.size() > 1).size() > 0",
  "this.tags.map(t, t.size()).all(n, n < 4)",
  "this.tags.map(t, t != '', t + '!').unique()",
  "this.tags.unique() && this.numbers.unique() && this.blobs.unique() && this.weights.unique()",
  "size(this.tags) <= 3 && this.tags.size() != 2",
  "this.tags[0] == 'a'",
  "size(this.tags) == 0 || this.tags[0] == 'a'",
  "this.tags[this.age] == 'a' || this.age > 0",
  "this.age > 0 || this.tags[this.age] == 'a'",
  "'a' in this.tags",
  "this.name in this.tags",
  "this.tags + ['x'] == ['a', 'x']",
  "this.tags == ['a', 'b'] || this.numbers != [1, 2]",
  "this.numbers.all(n, n > 0 && n % 2 == 0)",
  "this.numbers.all(n, 10 / n > 1)",
  "this.numbers.exists(n, 10 / n > 1)",
  "this.numbers.exists_one(n, 10 / n > 1)",
  "this.numbers.map(n, n * 2).exists(n, n == 4) || 3 in this.numbers",
  "this.age in this.numbers && this.total in this.longs",
  "this.age in this.longs",
  "this.age in [1, 2, 3] || this.total in [1, 2, 9223372036854775807]",
  "this.ratio in [0.5, 1.0] || this.ratio in this.weights",
  "this.text in ['a', 'abc'] || this.small in [1, 3] || this.large in [11u] || this.rate in [1.5]",
  "this.text in this.tags || this.small in this.numbers || !(this.rate in this.weights)",
  "this.text in this.labels",
  "this.longs.all(n, n + 1 > n)",
  "this.longs.map(n, n % 10).unique()",
  "this.inners.all(i, i.name != '' && i.depth <= 3)",
  "this.inners.map(i, i.name).unique()",
  "this.inners.all(i, this.inners.exists_one(j, j.name == i.name))",
  "this.inners.exists(i, has(i.inner) && i.inner.tags.exists(t, t == this.name))",
  "this.inners.filter(i, i.depth > 1).size() < 2 && this.inners[0].name == 'x'",
  "this.colors.all(c, c != 0) && !(2 in this.colors)",
  "this.colors.exists(c, c == cel.diff.Color.COLOR_BLUE)",
  "this.labels.all(k, k.startsWith('a'))",
  "this.labels.all(k, this.labels[k] != '')",
  "'a' in this.labels && this.labels['a'] != 'x'",
  "has(this.labels.a) && this.labels.a == 'x'",
  "this.labels.a == 'x' || true",
  "this.labels[this.name] == 'x'",
  "size(this.labels) < 3 && this.labels.size() != 1",
  "this.labels.map(k, k) == ['a', 'b'] || this.labels.exists(k, k == '__proto__')",
  "1 in this.table && this.table[1] > 5 || this.table.all(k, k > 0)",
  "this.table[this.age] > this.total",
  "true in this.flags && this.flags[true].name == 'x' || this.flags.exists(k, k)",
  "this.years.all(y, y > 1900) || 5 in this.years || this.years[5] == 'a'",
  "this.named.all(k, this.named[k].name == k)",
  "this.palette.all(k, this.palette[k] == 1)",
  "this.stamp > 5u && this.stamp != 7u",
  "getField(this, 'name') != 'a'",
  "this.active ? '' : 'inactive'",
  "this.active ? 'active' : ''",
  "this.age > 10 ? 'old' : this.age > 5 ? 'middle' : ''",
  "this.name",
  "this.tags.all(t, t == this.name) ? '' : 'tags: ' + this.name",
  "this.maybe == '' ? 'empty' : this.maybe",
  "1.0 / this.ratio > 0.0 || this.ratio == -0.0",
  "this.name == 'ünïcödé' || this.name.size() == 1",
  "this.blobs.all(b, b.size() > 0) || this.weights.all(w, w > 0.5)",
];

/** Left to @bufbuild/cel. */
export const left: readonly string[] = [
  "this.name.trim() == this.name",
  "this.name.split(',').size() < 3",
  "this.name.indexOf('a') < 2",
  "this.name.substring(1) != 'b'",
  "this.name.charAt(0) == 'a'",
  "this.name.replace('a', 'b') != 'b'",
  "this.tags.join(',').size() < 10",
  "this.age > 3 ? '' : 'must be more than %d, not %d'.format([3, this.age])",
  "this.inner == this.third",
  "{'a': 1, 'b': 2}[this.name] == 1",
  "this.labels == {'a': 'x'}",
  "type(this.age) == int",
  "dyn(this.age) == 3",
  "this.start.getHours('Europe/Berlin') < 12",
  "timestamp(this.name) < this.start",
  "duration(this.name) < this.wait",
  "string(this.start) != ''",
  "this.name.matches(this.email)",
  "this.name.isHostAndPort(false)",
  "this.tags == []",
  "this.data.startsWith(this.blobs[0])",
  "this.blobs.exists(b, b == this.data) && this.data in this.blobs",
  "this.inners.map(i, i.inner).size() < 3",
  "this.name.isIp(this.age)",
  "[1, 2.5].exists(n, n == this.ratio)",
];
