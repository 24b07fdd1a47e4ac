// What only a request with rules or options needs: protobuf-es's reflection, compilers of CEL and RE2. It is half of the
// program, and took more than half of the time in which our part of it starts.
export * as reflection from "./model/reflection.js";
export { validateView } from "./targets/typescript/validate.js";
