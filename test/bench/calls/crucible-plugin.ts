import { serve } from "crucible-runtime/plugin";
import { Answers } from "./answers.js";

await serve(new Answers());
