// The plugin: keeps the guest book, in a process of its own.
import { serve } from "crucible-runtime/plugin";
import {
  type EntryInit,
  GuestbookPlugin,
  type ReadRequest,
  type ReadResponseInit,
  type SignRequest,
  type SignResponseInit,
} from "../gen/guestbook/v1/guestbook_plugin.js";

class Guestbook extends GuestbookPlugin {
  readonly #entries: EntryInit[] = [];

  async sign({ name, text }: SignRequest): Promise<SignResponseInit> {
    const entry: EntryInit = {
      number: BigInt(this.#entries.length + 1),
      name,
      text,
      signedAt: { seconds: BigInt(Math.floor(Date.now() / 1000)) },
    };
    this.#entries.push(entry);
    return { entry };
  }

  async read({ limit }: ReadRequest): Promise<ReadResponseInit> {
    return { entries: this.#entries.toReversed().slice(0, limit) };
  }
}

await serve(new Guestbook());
