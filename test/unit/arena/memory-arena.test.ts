import { createMemoryArenas } from "../../../runtime/typescript/src/arena/memory-arena.js";
import { describeArena } from "../../suites/arena.js";

describeArena("an arena within one process", { create: createMemoryArenas });
