/** Lines at the bottom of a terminal that are redrawn in place. */
import { renderLine, type Line } from "../../terminal/line.ts";
import { columnsOf } from "../../terminal/width.ts";
import { stripVTControlCharacters } from "node:util";

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const CLEAR_LINE_END = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** Guards what stands on the terminal, so that it can be taken away again. The cursor is hidden from the first drawing to the end of the process. */
export class Screen {
  readonly #stream: NodeJS.WriteStream;
  readonly #showCursor = () => void this.#stream.write(SHOW_CURSOR);
  #drawn: string[] = [];
  #isOpen = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** One column is left free: a line that fills the last one would wrap on some terminals. */
  get size(): { columns: number; rows: number } {
    return { columns: Math.max(20, (this.#stream.columns || 80) - 1), rows: Math.max(4, this.#stream.rows || 24) };
  }

  draw(lines: readonly Line[]): void {
    this.#open();
    const next = this.#render(lines);
    if (next.join("\n") === this.#drawn.join("\n")) return;
    this.#stream.write(`${this.#toTop()}${next.map((line) => `${line}${CLEAR_LINE_END}\n`).join("")}${CLEAR_BELOW}`);
    this.#drawn = next;
  }

  /** Prints lines that stay, above the drawing; they are not cut. */
  print(lines: readonly Line[]): void {
    const kept = lines.map((line) => `${renderLine(line, this.#stream)}\n`).join("");
    this.#stream.write(`${this.#toTop()}${CLEAR_BELOW}${kept}${this.#drawn.map((line) => `${line}\n`).join("")}`);
  }

  /** Takes the drawing away and gives the cursor back. */
  close(): void {
    if (!this.#isOpen) return;
    this.#stream.write(`${this.#toTop()}${CLEAR_BELOW}${SHOW_CURSOR}`);
    this.#drawn = [];
    this.#isOpen = false;
    process.off("exit", this.#showCursor);
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    // a second Ctrl-C ends the process without another word: the cursor comes back anyway.
    process.on("exit", this.#showCursor);
    this.#stream.write(HIDE_CURSOR);
  }

  #render(lines: readonly Line[]): string[] {
    const { columns, rows } = this.size;
    return lines.slice(0, rows - 1).map((line) => renderLine(line, this.#stream, columns));
  }

  /** A terminal made narrower since the drawing has wrapped its lines: they take more rows now. */
  #toTop(): string {
    const columns = this.#stream.columns || 80;
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(columnsOf(stripVTControlCharacters(line)) / columns)), 0);
    return rows === 0 ? "" : `\x1b[${rows}A\r`;
  }
}
