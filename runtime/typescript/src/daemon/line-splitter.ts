import { StringDecoder } from "node:string_decoder";

/** A longer line is cut: what comes behind this many characters is dropped, up to its end. */
export const maxLineCharacters = 8_192;

/** Cuts a stream of bytes into lines, in bounded memory whatever arrives. Bytes that are no UTF-8 become U+FFFD. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder("utf8");
  #line = "";
  #cut = false;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    this.#add(this.#decoder.write(chunk as Buffer));
  }

  /** The stream is over; a last line without an end is a line too. */
  end(): void {
    this.#add(this.#decoder.end());
    if (this.#line !== "" || this.#cut) this.#emit();
  }

  #add(text: string): void {
    let start = 0;
    for (;;) {
      const end = text.indexOf("\n", start);
      this.#append(text, start, end < 0 ? text.length : end);
      if (end < 0) return;
      this.#emit();
      start = end + 1;
    }
  }

  #append(text: string, start: number, end: number): void {
    const room = maxLineCharacters - this.#line.length;
    if (end - start > room) this.#cut = true;
    if (room > 0 && end > start) this.#line += text.slice(start, Math.min(end, start + room));
  }

  #emit(): void {
    const line = this.#line.endsWith("\r") ? this.#line.slice(0, -1) : this.#line;
    const cut = this.#cut;
    this.#line = "";
    this.#cut = false;
    this.#onLine(cut ? `${line}…` : line);
  }
}
