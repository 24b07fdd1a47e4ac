// The identifiers of one codec module: its private functions, and names for local variables that hide nothing.
import { NameSet } from "../../emit/name-set.js";
import type { EnumModel, FieldModel, MessageModel } from "../../model/model.js";
import type { FileContext } from "./context.js";
import { isJson } from "./codec-field.js";
import { propertyName } from "./names.js";
import { reservedIdentifiers, runtimeNames } from "./reserved.js";

/** The functions that other generated functions call for a message: private ones, or members of another file's codec. */
export interface MessageFunctions {
  readonly empty: string;
  readonly write: string;
  readonly read: string;
}

/** What the parts of a codec module share. */
export class CodecScope {
  readonly context: FileContext;
  readonly #functions = new Map<MessageModel, MessageFunctions>();
  readonly #entryReaders = new Map<FieldModel, string>();
  readonly #closedEnums = new Map<EnumModel, string>();
  readonly #defaults = new Map<MessageModel, string>();
  readonly #tags = new Map<MessageModel, string>();
  readonly #hidden: NameSet;

  /** Names everything that the module declares or imports as a value, so that locals can keep clear of it. */
  constructor(context: FileContext) {
    this.context = context;
    const { scope, names, file } = context;
    this.#hidden = new NameSet(reservedIdentifiers, names.taken, runtimeNames);
    for (const name of ["message", "bytes", "at", "end", "depth", "group", "tag", "stop", "key", "value", "item"]) {
      this.#hidden.add(name);
    }
    const declare = (preferred: string): string => {
      const name = scope.declare(preferred);
      this.#hidden.add(name);
      return name;
    };
    for (const message of file.allMessages) {
      const { shape } = names.message(message);
      this.#functions.set(message, {
        empty: declare(`empty${shape}`),
        write: declare(`write${shape}`),
        read: declare(`read${shape}`),
      });
      this.#defaults.set(message, declare(`defaultsOf${shape}`));
      this.#tags.set(message, declare(`tagsOf${shape}`));
    }
    for (const field of file.allMessages.flatMap((message) => message.fields)) {
      if (field.cardinality === "map") {
        const property = propertyName(field);
        const shape = names.message(field.parent).shape;
        this.#entryReaders.set(
          field,
          declare(`read${shape}${property.charAt(0).toUpperCase()}${property.slice(1)}Entry`),
        );
      }
      const { type } = field;
      if (type.kind === "enum" && !type.enum.open && field.cardinality === "singular") {
        if (!this.#closedEnums.has(type.enum)) {
          this.#closedEnums.set(type.enum, declare(`numbersOf${type.enum.name}`));
        }
      }
      if (type.kind === "message" && !isJson(field)) this.#foreign(type.message);
    }
  }

  /** The functions of a message. */
  functions(message: MessageModel): MessageFunctions {
    return this.#functions.get(message) ?? this.#foreign(message);
  }

  /** The codec of a message of another file is imported before locals are named. */
  #foreign(message: MessageModel): MessageFunctions {
    const own = this.#functions.get(message);
    if (own !== undefined) return own;
    const codec = this.context.codec(message);
    this.#hidden.add(codec);
    const functions = { empty: `${codec}.empty`, write: `${codec}.writeFields`, read: `${codec}.readFields` };
    this.#functions.set(message, functions);
    return functions;
  }

  /** The type of an enum: for those of this file the one that stands beside the object with the values. */
  enumType(model: EnumModel): string {
    const { context } = this;
    return model.file === context.file ? context.enumObject(model) : context.shape(model);
  }

  /** The function that reads one entry of a map field. */
  entryReader(field: FieldModel): string {
    return this.#entryReaders.get(field) ?? "";
  }

  /** The constant with the defaults of a message. */
  defaults(message: MessageModel): string {
    return this.#defaults.get(message) ?? "";
  }

  /** The constant with the tags of a message's fields. */
  tags(message: MessageModel): string {
    return this.#tags.get(message) ?? "";
  }

  /** The constant with the numbers of a closed enum. */
  closedNumbers(model: EnumModel): string {
    return this.#closedEnums.get(model) ?? "";
  }

  /** The closed enums whose numbers the module has to know. */
  closedEnums(): IterableIterator<EnumModel> {
    return this.#closedEnums.keys();
  }

  /** A name for a local variable that holds the property. */
  local(property: string): string {
    let name = property;
    while (this.#hidden.has(name)) name += "$";
    return name;
  }
}
