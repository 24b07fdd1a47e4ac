// The program protoc-gen-crucible.
import { runPlugin } from "./plugin.js";

await runPlugin();
