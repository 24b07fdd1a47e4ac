// Words that generated TypeScript cannot use as names, or must keep for what they mean.
import { symbols } from "../../../runtime/typescript/src/codegen/v1/symbols.js";

/** What protoc-gen-es puts a `$` behind; a copy of its list, since the names of its types must be met exactly. */
const reservedByProtobufEs: ReadonlySet<string> = new Set(
  (
    "break case catch class const continue debugger default delete do else export extends false finally for function " +
    "if import in instanceof new null return super switch this throw true try typeof var void while with yield enum " +
    "implements interface let package private protected public static Object bigint number boolean string object " +
    "globalThis Uint8Array Partial"
  ).split(" "),
);

/** The identifier that protoc-gen-es makes of a name (`safeIdentifier` of @bufbuild/protoplugin). */
export function protobufEsIdentifier(name: string): string {
  return reservedByProtobufEs.has(name) ? `${name}$` : name;
}

/**
 * Names a module must not declare or import under: keywords, and the globals that generated code relies on. A message
 * called `Promise` is imported as `Promise$1`, a service called `Promise` becomes the class `Promise$`.
 */
export const reservedIdentifiers: ReadonlySet<string> = new Set([
  ...reservedByProtobufEs,
  ...(
    "abstract any arguments as async await declare eval exports infinity is keyof module namespace never of override " +
    "readonly require satisfies symbol type undefined unique unknown using NaN Infinity"
  ).split(" "),
  ...(
    "Array ArrayBuffer ArrayBufferLike ArrayLike AsyncGenerator AsyncIterable AsyncIterator Atomics BigInt " +
    "BigInt64Array BigUint64Array Boolean Buffer DataView Date Error Exclude Extract FinalizationRegistry Float32Array " +
    "Float64Array Function Generator Int16Array Int32Array Int8Array Iterable Iterator JSON Map Math NonNullable " +
    "Number Omit Pick Promise PromiseLike Proxy RangeError Readonly ReadonlyArray ReadonlyMap ReadonlySet Record " +
    "Reflect RegExp Required Set SharedArrayBuffer String Symbol TextDecoder TextEncoder TypeError Uint16Array " +
    "Uint32Array URL WeakMap WeakRef WeakSet console process"
  ).split(" "),
]);

/** What the runtime exports for generated code. */
export const runtimeNames: ReadonlySet<string> = new Set(Object.keys(symbols));

/**
 * Names that a method of a stub or a handler cannot have: members of every object, and `then`, which would make a
 * promise of whoever has it.
 */
export const reservedMembers: ReadonlySet<string> = new Set(
  (
    "constructor hasOwnProperty isPrototypeOf propertyIsEnumerable then toJSON toLocaleString toString valueOf " +
    "__defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__ __proto__"
  ).split(" "),
);
