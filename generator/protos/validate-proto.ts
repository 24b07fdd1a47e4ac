import { createRegistry } from "@bufbuild/protobuf";
import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { renderProto } from "./render.js";

const header = `Copyright 2024-2026 Buf Technologies, Inc.

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

     http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.

Rendered from the descriptor that the npm package @bufbuild/protovalidate ships, which has no comments. The original with
its comments: https://github.com/bufbuild/protovalidate, proto/protovalidate/buf/validate/validate.proto.`;

/** The text of buf/validate/validate.proto, as checked in under proto/: no npm package ships the file itself. */
export function renderValidateProto(): string {
  return renderProto(file_buf_validate_validate.proto, createRegistry(file_buf_validate_validate), header);
}
