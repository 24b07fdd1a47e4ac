import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readImage } from "../../generator/buf/image.js";
import { modelOf } from "../../generator/generate.js";
import type { Model } from "../../generator/model/model.js";
import { runBuf } from "./buf.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The model of some .proto files, given as text by their paths; our own options and buf.validate may be imported. */
export function modelOfText(files: Readonly<Record<string, string>>): Model {
  const dir = mkdtempSync(join(tmpdir(), "crucible-model-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, "proto", path)), { recursive: true });
      writeFileSync(join(dir, "proto", path), text);
    }
    for (const path of ["crucible/options/v1/options.proto", "buf/validate/validate.proto"]) {
      mkdirSync(join(dir, "own", dirname(path)), { recursive: true });
      writeFileSync(join(dir, "own", path), readFileSync(join(root, "proto", path)));
    }
    writeFileSync(
      join(dir, "buf.yaml"),
      JSON.stringify({ version: "v2", modules: [{ path: "proto" }, { path: "own" }] }),
    );
    return modelOf(readImage(runBuf(dir, ["build", "proto", "-o", "-#format=binpb"])));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
