import type { EnumModel, MessageModel, ValueType } from "./model.js";

/** A model while it is being made. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] };

/** The messages and enums of a request by their full names, as far as they are declared. */
export class Types {
  readonly #types = new Map<string, ValueType>();

  addMessage(message: MessageModel): void {
    this.#types.set(message.fullName, Object.freeze({ kind: "message", message }));
  }

  addEnum(model: EnumModel): void {
    this.#types.set(model.fullName, Object.freeze({ kind: "enum", enum: model }));
  }

  find(fullName: string): ValueType | undefined {
    return this.#types.get(fullName);
  }

  findMessage(fullName: string): MessageModel | undefined {
    const type = this.#types.get(fullName);
    return type?.kind === "message" ? type.message : undefined;
  }

  findEnum(fullName: string): EnumModel | undefined {
    const type = this.#types.get(fullName);
    return type?.kind === "enum" ? type.enum : undefined;
  }
}
