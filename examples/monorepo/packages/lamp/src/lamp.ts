// The plugin: a process of its own, launched by the keeper.
import {
  LampPlugin,
  type SweepRequest,
  type SweepResponseInit,
  type TurnRequest,
  type TurnResponseInit,
} from "@lighthouse/schema/lighthouse/v1/lamp_plugin.js";
import { type HandlerContext, serve } from "crucible-runtime/plugin";

class Lamp extends LampPlugin {
  #facing = 0;

  async turn({ degrees }: TurnRequest): Promise<TurnResponseInit> {
    this.#facing = (this.#facing + degrees) % 360;
    return { facing: this.#facing };
  }

  async *sweep({ stops }: SweepRequest, { signal }: HandlerContext): AsyncIterable<SweepResponseInit> {
    for (let stop = 0; stop < stops && !signal.aborted; stop++) {
      yield { facing: (this.#facing + Math.round((360 * stop) / stops)) % 360 };
    }
  }
}

await serve(new Lamp());
