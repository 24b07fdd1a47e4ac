// A daemon's identity, made for one run: an authority, a leaf issued by it, and its statement on the Noise key (§12.3).
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** What may be wrong with an identity, for those who have to notice. */
export interface IdentityFaults {
  /** Another authority than the one on the ticket has issued the leaf. */
  readonly stranger?: boolean;
  /** The leaf names another daemon. */
  readonly otherDaemon?: boolean;
  /** The leaf is that of a plugin. */
  readonly client?: boolean;
  /** The leaf is no longer valid. */
  readonly expired?: boolean;
  /** The signature is over another key. */
  readonly otherKey?: boolean;
}

/** An authority with its certificate in PEM. */
export interface Authority {
  readonly pem: string;
  readonly key: KeyObject;
}

const oid = {
  ed25519: "06032b6570",
  commonName: "0603550403",
  basicConstraints: "0603551d13",
  keyUsage: "0603551d0f",
  extendedKeyUsage: "0603551d25",
  subjectAltName: "0603551d11",
  serverAuth: "06082b06010505070301",
  clientAuth: "06082b06010505070302",
} as const;

/** Makes an authority of its own. */
export function createAuthority(): Authority {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const extensions = [
    extension(oid.basicConstraints, sequence(der(0x01, Buffer.from([0xff]))), true),
    extension(oid.keyUsage, der(0x03, Buffer.from([2, 4])), true),
  ];
  const bytes = certificate(publicKey, extensions, privateKey);
  const lines = bytes.toString("base64").replaceAll(/.{1,64}/g, "$&\n");
  return { pem: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`, key: privateKey };
}

/** The fields of DaemonHello that say who the daemon is. */
export interface Credentials {
  readonly chain: readonly Buffer[];
  readonly notAfter: bigint;
  readonly signature: Buffer;
}

/** Makes a leaf for a daemon, and signs its static key. */
export function createCredentials(
  { key }: Authority,
  daemonId: string,
  staticKey: Buffer,
  faults: IdentityFaults,
): Credentials {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const named = faults.otherDaemon === true ? "another-daemon" : daemonId;
  const uri = der(0x86, Buffer.from(`crucible://daemon/${named}`));
  const usage = Buffer.from(faults.client === true ? oid.clientAuth : oid.serverAuth, "hex");
  const extensions = [
    extension(oid.keyUsage, der(0x03, Buffer.from([7, 0x80])), true),
    extension(oid.extendedKeyUsage, sequence(usage)),
    extension(oid.subjectAltName, sequence(uri)),
  ];
  const issuer = faults.stranger === true ? createAuthority().key : key;
  const life = faults.expired === true ? { from: -7_200, to: -3_600 } : { from: -3_600, to: 3_600 };
  const leaf = certificate(publicKey, extensions, issuer, life);
  const notAfter = BigInt(Math.floor(Date.now() / 1000) + Math.min(life.to, 1_800));
  const end = Buffer.alloc(8);
  end.writeBigUInt64BE(notAfter);
  const signed = faults.otherKey === true ? randomBytes(32) : staticKey;
  const statement = Buffer.concat([Buffer.from(`crucible/1 daemon noise key\0${daemonId}\0`), end, signed]);
  return { chain: [leaf], notAfter, signature: sign(null, statement, privateKey) };
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  const flag = critical ? [der(0x01, Buffer.from([0xff]))] : [];
  return sequence(Buffer.from(id, "hex"), ...flag, der(0x04, value));
}

function certificate(
  subject: KeyObject,
  extensions: readonly Buffer[],
  issuer: KeyObject,
  life: { readonly from: number; readonly to: number } = { from: -3_600, to: 3_600 },
): Buffer {
  const algorithm = sequence(Buffer.from(oid.ed25519, "hex"));
  const name = (text: string): Buffer =>
    sequence(der(0x31, sequence(Buffer.from(oid.commonName, "hex"), der(0x0c, Buffer.from(text)))));
  const time = (seconds: number): Buffer => {
    const text = new Date(Date.now() + seconds * 1000).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
    return der(0x17, Buffer.from(text.slice(2)));
  };
  const isAuthority = extensions.length === 2;
  const tbs = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    algorithm,
    name("conformance authority"),
    sequence(time(life.from), time(life.to)),
    name(isAuthority ? "conformance authority" : "conformance daemon"),
    subject.export({ format: "der", type: "spki" }),
    der(0xa3, sequence(...extensions)),
  );
  return sequence(tbs, algorithm, der(0x03, Buffer.from([0]), sign(null, tbs, issuer)));
}
