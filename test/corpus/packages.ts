// Packages that carry real schema trees, and compilers of other versions.
import { CachedPackages } from "../support/cached-packages.js";

/** Pinned, so that what tests say of them stays true. */
export const versions = {
  "google-proto-files": "6.0.1",
  "@grpc/grpc-js-xds": "1.14.1",
  "@temporalio/proto": "1.24.0",
  "@protobuf-ts/plugin": "2.11.1",
  "typescript-5.4": "npm:typescript@5.4.5",
  "typescript-5.8": "npm:typescript@5.8.3",
  "typescript-6": "npm:typescript@6.0.3",
} as const;

/** A package by the name under which it is installed. */
export type CorpusPackage = keyof typeof versions;

const packages = new CachedPackages<CorpusPackage>("corpus", versions);

/** Where a package is, or undefined when it is not installed. */
export function findPackage(name: CorpusPackage): string | undefined {
  return packages.find(name);
}

/** Installs what is missing. @returns why it cannot be done; undefined when all is there. */
export function installPackages(): string | undefined {
  return packages.install();
}
