// A project as a user writes it: a schema, a plugin, and a daemon that launches it and prints what it answers.

/** Its files by path; imports end in .ts, as everything wants that takes types away. */
export const kilnFiles: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({
    name: "kiln",
    private: true,
    type: "module",
    dependencies: { "@bufbuild/protobuf": "*", "crucible-runtime": "*" },
  }),
  "buf.gen.yaml": `version: v2
inputs: [{directory: proto}]
plugins:
  - local: protoc-gen-es
    out: gen
    strategy: all
    include_imports: true
    opt: [target=ts, import_extension=ts, erasable_syntax=true]
  - local: protoc-gen-crucible
    out: gen
    strategy: all
    opt: [import_extension=ts]
`,
  "proto/kiln/v1/kiln.proto": `syntax = "proto3";
package kiln.v1;
import "buf/validate/validate.proto";
import "google/protobuf/timestamp.proto";

service Kiln {
  rpc Fire(FireRequest) returns (FireResponse);
  rpc Cool(CoolRequest) returns (stream CoolResponse);
}

enum Glaze {
  GLAZE_UNSPECIFIED = 0;
  GLAZE_CELADON = 1;
}

message FireRequest {
  string pot = 1 [(buf.validate.field).string.pattern = "^[\\\\p{L}-]+$"];
  int64 grains = 2;
  bytes ash = 3;
  map<string, double> parts = 4;
  Glaze glaze = 5;
  google.protobuf.Timestamp at = 6;
}

message FireResponse {
  FireRequest fired = 1;
}

message CoolRequest {
  uint32 from = 1 [(buf.validate.field).uint32.lte = 3];
}

message CoolResponse {
  uint32 left = 1;
}
`,
  "src/kiln.ts": `import { serve } from "crucible-runtime/plugin";
import {
  type CoolRequest,
  type CoolResponseInit,
  type FireRequest,
  type FireResponseInit,
  KilnPlugin,
} from "../gen/kiln/v1/kiln_plugin.ts";

class Kiln extends KilnPlugin {
  async fire(fired: FireRequest): Promise<FireResponseInit> {
    return { fired };
  }

  async *cool({ from }: CoolRequest): AsyncIterable<CoolResponseInit> {
    for (let left = from; left > 0; left--) yield { left };
  }
}

await serve(new Kiln());
`,
  "src/main.ts": `import { createDaemon, CrucibleError } from "crucible-runtime/daemon";
import { Kiln } from "../gen/kiln/v1/kiln_daemon.ts";
import { Glaze } from "../gen/kiln/v1/kiln_pb.ts";

const [folder, ...command] = process.argv.slice(2) as [string, string, ...string[]];
const daemon = await createDaemon({
  name: "kiln",
  socketDirectory: \`\${folder}/run\`,
  stateDirectory: \`\${folder}/state\`,
});
try {
  const plugin = await daemon.launch({ id: "kiln", command: command as [string, ...string[]] });
  const kiln = plugin.client(Kiln);
  const { fired } = await kiln.fire({
    pot: "Schüssel-楽焼",
    grains: 9007199254740993n,
    ash: Uint8Array.of(0, 255),
    parts: { silica: 0.5 },
    glaze: Glaze.CELADON,
    at: { seconds: -1n, nanos: 5 },
  });
  if (fired === undefined) throw new Error("nothing was fired");
  console.log(fired.pot, String(fired.grains), [...fired.ash].join(), fired.parts["silica"], fired.glaze, String(fired.at?.seconds));
  for await (const { left } of kiln.cool({ from: 3 })) console.log(left);
  await kiln.fire({ pot: "no spaces" }).catch((error: unknown) => {
    if (!(error instanceof CrucibleError)) throw error;
    console.log(error.reason);
  });
} finally {
  await daemon.close();
}
`,
};

/** What the daemon prints. */
export const kilnPrints = `Schüssel-楽焼 9007199254740993 0,255 0.5 1 -1
3
2
1
VALIDATION_FAILED
`;
