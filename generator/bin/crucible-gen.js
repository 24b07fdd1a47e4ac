#!/usr/bin/env node
// The bundle is built, not checked in; npm links this file even before it exists.
try {
  await import("../dist/crucible-gen.mjs");
} catch (error) {
  if (error?.code !== "ERR_MODULE_NOT_FOUND" || !error.message.includes("crucible-gen.mjs")) throw error;
  console.error("crucible-gen is not built yet: run npm run build in the crucible-gen repository");
  process.exitCode = 1;
}
