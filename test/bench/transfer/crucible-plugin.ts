import { serve } from "crucible-runtime/plugin";
import { Transfers } from "./transfers.js";

await serve(new Transfers());
