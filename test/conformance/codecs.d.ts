/** What the generator makes of the suite's schemas: the exports of each generated module. */
declare module "conformance:codecs" {
  export const modules: readonly Readonly<Record<string, unknown>>[];
}
