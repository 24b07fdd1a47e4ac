#!/usr/bin/env node
// The bundle is built, not checked in; npm links this file even before it exists.
try {
  await import("../dist/protoc-gen-crucible.mjs");
} catch (error) {
  if (error?.code !== "ERR_MODULE_NOT_FOUND" || !error.message.includes("protoc-gen-crucible.mjs")) throw error;
  console.error("protoc-gen-crucible is not built yet: run npm run build in the crucible-gen repository");
  process.exitCode = 1;
}
