// What a plugin has node:crypto compute from the ticket to message 3, once, in a fresh process, and nothing of ours: prints
// the milliseconds. The other side is made before.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  type KeyObject,
  randomBytes,
  sign,
  verify,
  X509Certificate,
} from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the process needs that makes nothing: certificates, a statement and its signature, all but the first base64. */
interface Given {
  readonly authority: string;
  readonly leaf: string;
  readonly statement: string;
  readonly signature: string;
}

/** What is read of an authority's file, in PEM. */
interface Authority {
  readonly ca: { readonly certificate: string };
  readonly leaf: { readonly certificate: string; readonly privateKey: string };
}

const jwk = { kty: "OKP", crv: "X25519" } as const;

function keyPair(): { readonly privateKey: KeyObject; readonly x: string } {
  const d = randomBytes(32).toString("base64url");
  const privateKey = createPrivateKey({ key: { ...jwk, x: "", d }, format: "jwk" });
  return { privateKey, x: createPublicKey(privateKey).export({ format: "jwk" }).x! };
}

/** The certificates are those of a daemon's authority. */
async function make(): Promise<Given> {
  const { createDaemon } = await import("crucible-runtime/daemon");
  const folder = mkdtempSync(join(tmpdir(), "crucible-bench-cold-"));
  try {
    const daemon = await createDaemon({
      name: "bench",
      stateDirectory: folder,
      socketDirectory: join(folder, "sockets"),
    });
    await daemon.close();
    const { ca, leaf } = JSON.parse(readFileSync(join(folder, "authority.json"), "utf8")) as Authority;
    const statement = randomBytes(96);
    return {
      authority: ca.certificate,
      leaf: new X509Certificate(leaf.certificate).raw.toString("base64"),
      statement: statement.toString("base64"),
      signature: sign("sha256", statement, leaf.privateKey).toString("base64"),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Three results of Diffie-Hellman, each hashed into two keys; three messages sealed or opened; two signatures. */
function compute({ authority, leaf, statement, signature }: Given): void {
  const bytes = (text: string): Buffer => Buffer.from(text, "base64");
  const [own, ephemeral] = [keyPair(), keyPair()];
  const ca = new X509Certificate(authority);
  const shown = new X509Certificate(bytes(leaf));
  let chaining: Buffer = createHash("sha256").update(own.x).digest();
  for (const { privateKey, x } of [ephemeral, ephemeral, own]) {
    const publicKey = createPublicKey({ key: { ...jwk, x }, format: "jwk" });
    const shared = diffieHellman({ privateKey, publicKey });
    const hmac = (key: Buffer, data: Buffer): Buffer => createHmac("sha256", key).update(data).digest();
    const temporary = hmac(chaining, shared);
    chaining = hmac(temporary, Buffer.of(1));
    const key = createSecretKey(hmac(temporary, Buffer.concat([chaining, Buffer.of(2)])));
    const cipher = createCipheriv("aes-256-gcm", key, Buffer.alloc(12), { authTagLength: 16 });
    const sealed = Buffer.concat([cipher.setAAD(chaining).update(shared), cipher.final()]);
    const opened = createDecipheriv("aes-256-gcm", key, Buffer.alloc(12), { authTagLength: 16 });
    opened.setAAD(chaining).setAuthTag(cipher.getAuthTag()).update(sealed);
    opened.final();
  }
  const issued = ca.ca && shown.checkIssued(ca) && shown.verify(ca.publicKey);
  if (!issued || !verify("sha256", bytes(statement), shown.publicKey, bytes(signature)))
    throw new Error("not verified");
}

if (process.argv[2] === undefined) {
  const given = JSON.stringify(await make());
  process.stdout.write(execFileSync(process.execPath, [fileURLToPath(import.meta.url), given]));
} else {
  const given = JSON.parse(process.argv[2]) as Given;
  const start = performance.now();
  compute(given);
  process.stdout.write(`${performance.now() - start}\n`);
}
