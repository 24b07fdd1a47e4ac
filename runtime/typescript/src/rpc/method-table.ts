import { CrucibleError } from "../error/index.js";

/** One row of a registration, as the other side sent it. */
export interface DeclaredMethod {
  readonly id: number;
  readonly name: string;
  readonly kind: number;
}

const maxNameBytes = 512;
/** `package.Service/Method`, or `Service/Method` without a package; identifiers are ASCII. */
const nameForm = /^(?:[A-Za-z_][A-Za-z0-9_]*\.)*[A-Za-z_][A-Za-z0-9_]*\/[A-Za-z_][A-Za-z0-9_]*$/;
const capabilityForm = /^[A-Za-z0-9._-]{1,255}$/;

/** FNV-1a-32 of a method's full name, which is ASCII. */
export function wireId(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Whether `text` may name a capability: 1 to 255 of `A-Z`, `a-z`, `0-9`, `.`, `_` and `-`. */
export function isCapability(text: unknown): text is string {
  return typeof text === "string" && capabilityForm.test(text);
}

/**
 * Checks what the other side says it hosts; `whose` is for the message.
 *
 * @throws CrucibleError REGISTER_INVALID for a name, kind or wire id that cannot be; METHOD_COLLISION for two methods
 * with one wire id.
 */
export function assertMethodTable(methods: readonly DeclaredMethod[], whose: string): void {
  const names = new Map<number, string>();
  for (const { id, name, kind } of methods) {
    const shown = JSON.stringify(name.slice(0, 80));
    if (name.length > maxNameBytes || !nameForm.test(name)) {
      throw invalid(whose, `lists a method named ${shown}; name it package.Service/Method, in at most 512 bytes`);
    }
    if (!Number.isInteger(kind) || kind < 1 || kind > 4) {
      throw invalid(whose, `lists ${shown} with kind ${kind}; kinds are 1 to 4`);
    }
    if (id !== wireId(name)) {
      throw invalid(whose, `lists ${shown} with wire id ${id}; it is FNV-1a-32 of the name, ${wireId(name)}`);
    }
    const other = names.get(id);
    if (other !== undefined) {
      const fact = other === name ? `lists ${shown} twice` : `lists ${other} and ${name}, which have the same wire id`;
      throw new CrucibleError("METHOD_COLLISION", `the registration of ${whose} ${fact}; rename one of them`);
    }
    names.set(id, name);
  }
}

function invalid(whose: string, fact: string): CrucibleError {
  return new CrucibleError("REGISTER_INVALID", `the registration of ${whose} ${fact}`);
}
