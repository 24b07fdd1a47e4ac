// A plugin that knows nothing but the text of the protocol (proto/PROTOCOL.md; § refers to it) and what Node brings.
// For whoever ports the protocol: read it from top to bottom. Left out are what §1.1 allows to leave out, tickets in
// files, new keys (§14.2), and the checks without which a plugin only fails later when its daemon breaks a rule.
import { createCipheriv, createDecipheriv, createHash, diffieHellman, hkdfSync, verify } from "node:crypto";
import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate, type KeyObject } from "node:crypto";
import { lstatSync } from "node:fs";
import { connect, Socket } from "node:net";
let blame = "HANDSHAKE_FAILED"; // the reason (§11) of a failure whose message does not begin with one
function demand(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}
const leave = (why: string): never => (console.error(why), process.exit(1));

// Protobuf. The type of a value stands for its form: bigint varint, number fixed32, bytes (or, to write, text) LEN.
type Fields = Map<number, (bigint | number | Buffer)[]>;
const join = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts);
function field(no: number, value: bigint | number | string | Uint8Array): Buffer {
  const varint = (v: bigint): number[] => (v < 128n ? [Number(v)] : [Number(v & 127n) | 128, ...varint(v >> 7n)]);
  const tag = (wire: number): number[] => varint(BigInt(no * 8 + wire));
  if (typeof value === "bigint") return Buffer.of(...tag(0), ...varint(value));
  if (typeof value === "number") return Buffer.of(...tag(5), value, value >> 8, value >> 16, value >> 24);
  const bytes = Buffer.from(value);
  return join(Buffer.of(...tag(2), ...varint(BigInt(bytes.length))), bytes);
}
function decode(bytes: Buffer): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = (shift = 0n, byte = BigInt(bytes.readUInt8(at++))): bigint =>
    u64((byte & 127n) << shift) | (byte < 128n ? 0n : varint(shift + 7n));
  while (at < bytes.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    demand(tag > 7 && [0, 1, 2, 5].includes(wire), "a tag is not lawful");
    const scalar = wire === 0 || wire === 2 ? varint() : 0n;
    const end = at + ([0, 8, Number(scalar), 0, 0, 4][wire] ?? 0);
    demand(end <= bytes.length, "a field does not end");
    const value = wire === 0 ? scalar : wire === 5 ? bytes.readUInt32LE(at) : bytes.subarray(at, end);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
    at = end;
  }
  return fields;
}
const number = (from: Fields, no: number): number => Number((from.get(no)?.at(-1) as bigint | undefined) ?? 0);
const list = (from: Fields, no: number): Buffer[] => (from.get(no) ?? []).filter((value) => Buffer.isBuffer(value));
const text = (from: Fields, no: number): string => list(from, no).at(-1)?.toString() ?? "";
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const big = (value: bigint, size: number): Buffer => Buffer.from(value.toString(16).padStart(2 * size, "0"), "hex");
/** XXH64 with seed 0 (§4). */
function xxh64(data: Buffer): bigint {
  const [p1, p2, p3] = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n];
  const [p4, p5] = [0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n];
  const rotate = (value: bigint, by: bigint): bigint => u64((value << by) | (value >> (64n - by)));
  const round = (lane: bigint, word: bigint): bigint => u64(rotate(u64(lane + word * p2), 31n) * p1);
  const mix = (hash: bigint, word: bigint, by: bigint, p: bigint): bigint => rotate(hash ^ u64(word), by) * p;
  let [at, hash] = [0, p5];
  if (data.length >= 32) {
    let lanes = [u64(p1 + p2), p2, 0n, u64(-p1)];
    for (; at + 32 <= data.length; at += 32) lanes = lanes.map((v, i) => round(v, data.readBigUInt64LE(at + 8 * i)));
    hash = lanes.reduce((sum, lane, i) => u64(sum + rotate(lane, [1n, 7n, 12n, 18n][i] ?? 0n)), 0n);
    for (const lane of lanes) hash = u64((hash ^ round(0n, lane)) * p1 + p4);
  }
  hash = u64(hash + BigInt(data.length));
  for (; at + 8 <= data.length; at += 8) hash = u64(mix(hash, round(0n, data.readBigUInt64LE(at)), 27n, p1) + p4);
  for (; at + 4 <= data.length; at += 4) hash = u64(mix(hash, BigInt(data.readUInt32LE(at)) * p1, 23n, p2) + p3);
  for (; at < data.length; at += 1) hash = u64(mix(hash, BigInt(data.readUInt8(at)) * p5, 11n, p1));
  hash = u64((hash ^ (hash >> 33n)) * p2);
  hash = u64((hash ^ (hash >> 29n)) * p3);
  return hash ^ (hash >> 32n);
}
/** AES-256-GCM under one key, with a counter: for Noise (§12.1), and for the frames of one direction (§14). */
type Cipher = (way: "seal" | "open", aad: Buffer, input: Buffer) => Buffer;
function cipher(key: Buffer, n = 0n): Cipher {
  return (way, aad, input) => {
    const nonce = big(n++, 12);
    if (way === "seal") {
      const gcm = createCipheriv("aes-256-gcm", key, nonce).setAAD(aad);
      return join(gcm.update(input), gcm.final(), gcm.getAuthTag());
    }
    const gcm = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: 16 }).setAAD(aad);
    gcm.setAuthTag(input.subarray(-16));
    return join(gcm.update(input.subarray(0, -16)), gcm.final()); // throws when the tag is false
  };
}

// Frames (§4). A process has one connection, so its state is the module's.
const [HANDSHAKE, HEARTBEAT, REQUEST, RESPONSE, EVENT, ERROR, SHUTDOWN] = [1, 2, 3, 4, 5, 6, 7];
const [REGISTER, HEALTH, STREAM, CANCEL, CREDIT, ENCRYPTED, MORE, END] = [16, 20, 32, 33, 34, 2, 4, 8];
type Frame = { type: number; flags: number; id: number; payload: Buffer };
let [session, interval, keys, heard] = [0n, 15_000, [] as Cipher[], performance.now()];
function write(type: number, flags: number, id: number, payload: Buffer, sealed = false): void {
  const lead = Buffer.of(1, type, 0, sealed ? flags | ENCRYPTED : flags, 0, 0, 0, 0);
  const length = big(BigInt(payload.length + (sealed ? 16 : 0)), 4);
  const header = join(lead, big(BigInt(id), 8), big(session, 8), Buffer.alloc(8), length); // no timestamp
  const frame = join(header, sealed && keys[0] ? keys[0]("seal", header, payload) : payload);
  socket.write(join(frame, big(xxh64(frame), 8)));
}
async function* readFrames(): AsyncGenerator<Frame, undefined> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    heard = performance.now();
    pending = join(pending, chunk);
    while (pending.length >= 36) {
      const [type, flags, size] = [pending.readUInt8(1), pending.readUInt8(3), pending.readUInt32BE(32)];
      demand(pending[0] === 1, "BAD_VERSION: another version");
      demand((flags & 0x91) === 0, "BAD_FLAGS: no feature was agreed on");
      demand(size <= 65_536, "FRAME_TOO_LARGE: larger than any window here");
      if (pending.length < 44 + size) break;
      const [header, frame] = [pending.subarray(0, 36), pending.subarray(0, 36 + size)];
      demand(xxh64(frame) === pending.readBigUInt64BE(36 + size), "BAD_CHECKSUM: the checksum differs");
      const [id, from] = [Number(header.readBigUInt64BE(8)), header.readBigUInt64BE(16)];
      const assigns = session === 0n && keys.length > 0 && type === RESPONSE; // the answer to the registration (§6.2)
      if (assigns && ((from >> 12n) & 15n) === 8n) session = from;
      demand(assigns ? session > 0n : from === session || (type === ERROR && from === 0n), "BAD_SESSION: another one");
      [pending, blame] = [pending.subarray(44 + size), "BAD_SEAL"];
      const payload = flags & ENCRYPTED ? keys[1]!("open", header, frame.subarray(36)) : frame.subarray(36);
      blame = keys.length > 0 ? "BAD_ENVELOPE" : "HANDSHAKE_FAILED";
      if (type === ERROR && id === 0) leave(`the daemon says ${reasonOf(payload)}`);
      yield { type, flags, id, payload };
    }
  }
}
/** The payload of an Error, and what it says. Here all of them are CATEGORY_PLUGIN and CODE_UNKNOWN. */
const problem = (why: string): Buffer => join(field(1, 5n), field(2, 2n), field(3, reason(why)), field(4, why));
const reason = (why: string): string => /^[A-Z_]+(?=: )/.exec(why)?.[0] ?? blame;
const reasonOf = (payload: Buffer): string => `${text(decode(payload), 3)}: ${text(decode(payload), 4)}`;
/** The plugin's side of Noise_XX_25519_AESGCM_SHA256 (§12), with the names of §12.1. Sets the keys of the frames. */
async function handshake(frames: AsyncGenerator<Frame, undefined>): Promise<void> {
  const pkcs8 = join(Buffer.from("302e020100300506032b656e04220420", "hex"), Buffer.from(ticket.noiseKey, "base64url"));
  const s = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const e = generateKeyPairSync("x25519").privateKey;
  const raw = (key: KeyObject): Buffer => Buffer.from(createPublicKey(key).export({ format: "jwk" }).x!, "base64url");
  let h: Buffer = Buffer.from("Noise_XX_25519_AESGCM_SHA256\0\0\0\0");
  let [ck, k] = [h, undefined as Cipher | undefined];
  const mixHash = (data: Buffer): Buffer => ((h = createHash("sha256").update(join(h, data)).digest()), data);
  const hkdf = (ikm: Buffer): Buffer[] => [0, 32].map((i) => Buffer.from(hkdfSync("sha256", ikm, ck, "", 64), i, 32));
  const mixKey = (privateKey: KeyObject, peer: Buffer): void => {
    demand(!peer.equals(raw(e)) && !peer.equals(raw(s)), "REFLECTION: the peer sent a key of this plugin");
    const jwk = { kty: "OKP", crv: "X25519", x: peer.toString("base64url") };
    const publicKey = createPublicKey({ key: jwk, format: "jwk" });
    const [next, key] = hkdf(diffieHellman({ privateKey, publicKey })); // throws on a result of 32 zero bytes
    [ck, k] = [next!, cipher(key!)];
  };
  const encrypt = (plain: Buffer): Buffer => mixHash(k ? k("seal", h, plain) : plain);
  const decrypt = (sealed: Buffer, plain = k!("open", h, sealed)): Buffer => (mixHash(sealed), plain);
  mixHash(Buffer.from("crucible/1\0"));
  const hello = join(field(1, 1n), field(3, "0.1.0"), field(4, ticket.daemonId)); // version 1, no features
  write(HANDSHAKE, 0, 0, join(mixHash(raw(e)), encrypt(hello)));
  const { type, payload: second } = (await frames.next()).value ?? leave("PEER_LOST: in the handshake");
  demand(type === HANDSHAKE && second.length >= 96 && second.length <= 16_384, "no message 2");
  const peerE = mixHash(second.subarray(0, 32));
  mixKey(e, peerE);
  const peerS = decrypt(second.subarray(32, 80));
  mixKey(e, peerS);
  const answer = decode(decrypt(second.subarray(80)));
  blame = "DAEMON_IDENTITY";
  checkIdentity(answer, peerS);
  demand(number(answer, 4) === 1 && list(answer, 5).length === 0, "DOWNGRADE: another choice than the lists imply");
  const third = encrypt(raw(s));
  mixKey(s, peerE);
  write(HANDSHAKE, 0, 0, join(third, encrypt(join(field(1, 1n), field(2, ticket.token))))); // INTENT_NEW
  keys = hkdf(Buffer.alloc(0)).map((key) => cipher(key));
}
/** Checks the daemon's certificate, and its signature over the Noise key (§12.3). */
function checkIdentity(hello: Fields, daemonKey: Buffer): void {
  const [der = Buffer.alloc(0), second, third] = list(hello, 6);
  const [leaf, authority, now] = [new X509Certificate(der), new X509Certificate(ticket.authority), Date.now()];
  demand(leaf.raw.equals(der) && !third && (second?.equals(authority.raw) ?? true), "the chain is not the ticket's");
  const valid = [leaf, authority].every((c) => Date.parse(c.validFrom) <= now && now <= Date.parse(c.validTo));
  demand(valid && authority.ca && !leaf.ca, "not valid now, or not an authority and a leaf");
  demand(leaf.checkIssued(authority) && leaf.verify(authority.publicKey), "not issued by the authority");
  const usage = (last: number): boolean => leaf.keyUsage.includes(`1.3.6.1.5.5.7.3.${last}`); // the extended ones
  demand(usage(1) && !usage(2), "the certificate is not one of a server");
  demand(leaf.subjectAltName === `URI:crucible://daemon/${ticket.daemonId}`, "another daemon");
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = leaf.publicKey;
  demand(type === "ed25519" || details?.namedCurve === "prime256v1", "another type of key");
  const end = number(hello, 7);
  demand(end * 1000 >= now && end * 1000 <= Date.parse(leaf.validTo), "not_after is past, or after that of the leaf");
  const signed = join(Buffer.from(`crucible/1 daemon noise key\0${ticket.daemonId}\0`), big(BigInt(end), 8), daemonKey);
  demand(verify(type === "ed25519" ? null : "sha256", signed, leaf.publicKey, list(hello, 8)[0]!), "a false signature");
}

// Calls (§9). Whatever arrives is consumed at once; of what is sent, each call has to fit the initial window (§10).
type Call = { id: number; sealed: boolean; window: number; taken: number; parts: Buffer[]; got: Buffer[]; done: Done };
type Done = (failure: string, bodies: Buffer[]) => void; // an empty failure is none
const calls = new Map<number, Call>(); // the live ones; under 0 the registration, then the Events of the daemon
const methods = new Map<string, Fields>(); // what the daemon hosts and grants, by name
let [ownId, peerId, heartbeat] = [-1, 0, 0];
const begin = (id: number, sealed: boolean, done: Done = () => undefined): Call =>
  calls.set(id, { id, sealed, window: 65_536, taken: 0, parts: [], got: [], done }).get(id)!;
function send(call: Call, type: number, flags: number, payload: Buffer): void {
  demand((call.window -= 44 + payload.length) >= 0, "MESSAGE_TOO_LARGE: more than the initial window");
  write(type, flags, call.id, payload, call.sealed);
}
/** Ends a call; with `tell`, says to the daemon why it failed. */
function end(call: Call, failure = "", tell = false): void {
  const [type, flags, bytes] = call.id % 2 === 1 ? [CANCEL, 0, field(1, failure)] : [ERROR, END, problem(failure)];
  if (tell) write(type, flags, call.id, bytes, call.sealed);
  calls.delete(call.id);
  call.done(failure, call.got);
}
function handle({ type, flags, id, payload }: Frame): void {
  const [sealed, last] = [(flags & ENCRYPTED) !== 0, (flags & END) !== 0];
  if (type === HEARTBEAT) return write(RESPONSE, END, id, field(15, payload)); // the nonce goes back as it came
  if (type === HEALTH) return write(ERROR, END, id, problem("METHOD_UNKNOWN: not supported"));
  if (type === REQUEST && id > peerId) begin((peerId = id), sealed);
  if (id === heartbeat) heartbeat = 0;
  if (type === SHUTDOWN) process.exitCode = 0;
  const call = calls.get(type === EVENT ? 0 : id);
  if (call === undefined || type === CREDIT || type === SHUTDOWN) return; // late (§6.1), or of no use here
  demand(type === EVENT || sealed === call.sealed, "SEAL_REQUIRED: a call is sealed as a whole");
  if (type === CANCEL) return end(call, "CANCELLED: as the opener wished", true);
  if (type === ERROR) return end(call, reasonOf(payload));
  if ((call.taken += 44 + payload.length) >= 32_768 && !last && id > 0) {
    write(CREDIT, 0, call.id, field(1, call.taken));
    call.taken = 0;
  }
  if (type !== EVENT) call.parts.push(payload);
  if (type === EVENT || (flags & MORE) !== 0) return; // dropped; or more fragments follow
  try {
    const envelope = decode(join(...call.parts.splice(0)));
    if (type === REQUEST) serve(call, envelope, last);
    if (id % 2 === 1 || id === 0) call.got.push(...list(envelope, 15));
    if (type === RESPONSE || type === REQUEST) end(call);
  } catch (fault) {
    end(call, (fault as Error).message, true);
  }
}
const fnv = (name: string): number => Buffer.from(name).reduce((h, b) => Math.imul(h ^ b, 16777619) >>> 0, 2166136261);
const greet = "test.v1.Stranger/Greet";
/** Answers Greet, whose request and response are `crucible.ipc.v1.Metadata`. */
function serve(call: Call, request: Fields, last: boolean): void {
  const body = list(request, 15).at(-1);
  demand(number(request, 1) === fnv(greet), "METHOD_UNKNOWN: not hosted here");
  demand(body !== undefined && last, "METHOD_MISMATCH: it is unary");
  demand(!request.has(2) || number(request, 2) > 0, "DEADLINE_EXCEEDED: the time was over on arrival");
  send(call, RESPONSE, END, field(15, join(field(1, "greeting"), field(2, `Hello, ${text(decode(body), 2)}!`))));
}
/** Calls a method of the daemon; gives the bodies of the answer. Kinds: 1 unary, 2 server, 3 client, 4 bidi stream. */
function open(name: string, bodies: Buffer[]): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const method = methods.get(name) ?? leave(`METHOD_UNKNOWN: ${name} is not granted`);
    const [id, kind, sensitive] = [number(method, 1), number(method, 3), number(method, 4) === 1];
    const call = begin((ownId += 2), sensitive, (why, got) => (why ? reject(new Error(why)) : resolve(got)));
    const head = join(field(1, id), kind === 1 ? field(2, 30_000_000n) : Buffer.alloc(0));
    if (kind === 1) setTimeout(() => calls.has(call.id) && end(call, "DEADLINE_EXCEEDED: 30 s", true), 30_000);
    if (kind < 3) return send(call, REQUEST, END, join(head, field(15, bodies[0]!)));
    send(call, REQUEST, 0, head);
    for (const body of bodies) send(call, STREAM, 0, field(15, body));
    send(call, STREAM, END, Buffer.alloc(0)); // half-close
  });
}
/** Takes the answer to the registration (§13), and does the plugin's work: one call of each kind. */
async function work(bodies: Buffer[]): Promise<void> {
  const answer = decode(bodies[0]!);
  for (const one of list(answer, 2).map(decode)) {
    demand(number(one, 1) === fnv(text(one, 2)), "REGISTER_INVALID: a method with another id than its name has");
    methods.set(text(one, 2), one);
  }
  interval = number(answer, 4) || interval;
  begin(0, false); // Events are read and dropped
  const say = (...values: string[]): Buffer[] => values.map((value) => join(field(1, "key"), field(2, value)));
  const inputs = { Unary: say("one"), Down: say("2000"), Up: say("a", "bc"), Both: say("d", "ef"), Secret: say("abc") };
  const calling = Object.entries(inputs).map(async ([name, bodies]) => {
    const got = await open(`test.v1.Echo/${name}`, bodies);
    return [name, { count: got.length, size: join(...got).length, last: text(decode(got.at(-1)!), 2).slice(-20) }];
  });
  console.log(JSON.stringify(Object.fromEntries(await Promise.all(calling))));
}

// The ticket (§18.1). The end of descriptor 3 ends the process. Node itself has set close-on-exec on it.
demand(process.env["CRUCIBLE_TICKET"] === "fd:3", "TICKET_MISSING: no fd:3 in CRUCIBLE_TICKET");
delete process.env["CRUCIBLE_TICKET"];
process.exitCode = 1; // until Shutdown
type Ticket = Record<"version" | "address" | "pluginId" | "daemonId" | "authority" | "token" | "noiseKey", string>;
const ticket = await new Promise<Ticket>((resolve) => {
  let read = "";
  const input = new Socket({ fd: 3, readable: true, writable: false }).on("close", () => process.exit(1));
  input.on("data", (chunk) => (read += String(chunk)).includes("\n") && resolve(JSON.parse(read.split("\n")[0]!)));
});
demand(+ticket.version === 1 && ticket.address.startsWith("unix:/"), "TICKET_INVALID: not of this version");
const path = ticket.address.slice(5);
const [directory, file] = [lstatSync(path.slice(0, path.lastIndexOf("/"))), lstatSync(path)]; // §3.1
const safe = directory.isDirectory() && (directory.mode & 0o777) === 0o700 && file.isSocket();
demand(safe && file.uid === directory.uid && [0, process.getuid?.()].includes(file.uid), "DIRECTORY_UNSAFE: see §3.1");
const socket = connect(path);
const abort = (why: string): void => (write(ERROR, END, 0, problem(why)), console.error(why));
process.on("uncaughtException", ({ message }) => (abort(message), setTimeout(process.exit, 1_000)));
const frames = readFrames();
await handshake(frames);
begin(0, true, (failure, bodies) => void (failure ? leave(failure) : work(bodies)));
const method = join(field(1, fnv(greet)), field(2, greet), field(3, 1n));
write(REGISTER, 0, 0, join(field(1, ticket.pluginId), field(3, method), field(4, "test.v1.Echo")), true);
setInterval(() => {
  const silent = performance.now() - heard;
  if (silent > (session === 0n ? 5_000 : 3 * interval)) leave("PEER_LOST: the daemon fell silent");
  if (silent > interval && heartbeat === 0) write(HEARTBEAT, 0, (heartbeat = ownId += 2), Buffer.alloc(0));
}, 1_000);
for await (const frame of frames) handle(frame);
process.exit(); // the daemon has closed
