// The frame around the pages: which one is shown, the way back and forward, the prompt, the bars.
import { shellWord } from '../../inspect/command-line.js';
import { bar, footerLine, FRAME_KEYS, titleLine } from './bars.js';
import { span, type Row, type Size, type Span } from './line.js';
import type { Page, PageEffect, Place, Pointer } from './page.js';
import { comparePage } from './pages/compare.js';
import { helpPage } from './pages/help.js';
import { jsonPage } from './pages/json.js';
import type { Port } from './port.js';
import { promptKey } from './prompt.js';

export type ExplorerEvent =
  | { readonly kind: 'key'; readonly key: string }
  | ({ readonly kind: 'pointer' } & Pointer)
  | { readonly kind: 'resize'; readonly size: Size };

/** What whoever runs the explorer has to do. */
export type Task =
  | { readonly kind: 'quit' | 'suspend' | 'redraw' }
  | { readonly kind: 'copy'; readonly text: string }
  | { readonly kind: 'ask'; readonly ask: (port: Port) => Promise<() => void> }
  | { readonly kind: 'later'; readonly milliseconds: number; readonly update: () => void };

interface OpenPrompt {
  readonly label: string;
  readonly text: string;
  readonly change: (text: string | undefined, done: boolean) => readonly PageEffect[];
}

/** The bar on top and the bar at the foot. */
const BARS = 2;

export class Explorer {
  readonly #pages: Page[];
  #ahead: Page[] = [];
  #size: Size;
  readonly #now: () => number;
  #message: string | undefined;
  #prompt: OpenPrompt | undefined;
  #waiting = 0;
  /** The target that the next one is compared with. */
  #marked: string | undefined;
  #tasks: Task[] = [];
  /** What pages that are not shown will go on with. */
  readonly #held = new WeakMap<Page, (() => readonly PageEffect[])[]>();

  /** `first` stays for as long as the explorer. */
  constructor(first: Page, size: Size, now: () => number) {
    this.#pages = [first];
    this.#size = size;
    this.#now = now;
    this.#follow(first.start(), first);
  }

  get page(): Page {
    const page = this.#pages.at(-1);
    if (page === undefined) throw new RangeError('there is always a page');
    return page;
  }

  /** Questions that somebody waits for. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Tasks that came up since the last time. */
  takeTasks(): Task[] {
    return this.#tasks.splice(0);
  }

  open(page: Page): void {
    this.#pages.push(page);
    this.#ahead = [];
    this.#follow(page.start(), page);
  }

  handle(event: ExplorerEvent): void {
    if (event.kind === 'key') this.#press(event.key);
    else if (event.kind === 'resize') this.#size = event.size;
    else if (this.#prompt === undefined && event.row >= 1 && event.row < this.#size.rows - 1) {
      this.#message = undefined;
      const { page } = this;
      this.#follow(page.point({ ...event, row: event.row - 1 }, this.#place()), page);
    }
  }

  /** All rows of the screen. */
  draw(): Row[] {
    const place = this.#place();
    const body = this.page.draw(place).slice(0, place.size.rows);
    const empty = Array.from({ length: place.size.rows - body.length }, (): Row => []);
    const trail = this.#pages.map((page) => page.title());
    return [
      bar(
        titleLine(
          trail,
          { isWaiting: this.#waiting > 0, marked: this.#marked },
          this.#size.columns,
        ),
        this.#size,
      ),
      ...body,
      ...empty,
      bar(this.#foot(place), this.#size),
    ].slice(0, this.#size.rows);
  }

  #place(): Place {
    const { columns, rows } = this.#size;
    return { size: { columns, rows: Math.max(1, rows - BARS) }, now: this.#now() };
  }

  #foot(place: Place): Span[] {
    if (this.#prompt !== undefined) {
      const { label, text } = this.#prompt;
      return [span(` ${label} `, 'key'), span(text), span('▏', 'bold')];
    }
    if (this.#message !== undefined) return [span(` ${this.#message}`, 'bold')];
    return footerLine(this.page, place, this.#pages.length > 1);
  }

  #press(key: string): void {
    this.#message = undefined;
    if (this.#prompt !== undefined) {
      this.#typeInto(this.#prompt, key);
      return;
    }
    const { page } = this;
    const effects = page.press(key, this.#place());
    if (effects !== undefined) this.#follow(effects, page);
    else this.#frameKeys[key]?.();
  }

  #typeInto(prompt: OpenPrompt, key: string): void {
    if (key === 'C-c' || key === 'escape') {
      this.#prompt = undefined;
      this.#follow(prompt.change(undefined, true), this.page);
    } else if (key === 'enter') {
      this.#prompt = undefined;
      this.#follow(prompt.change(prompt.text, true), this.page);
    } else {
      const text = promptKey(prompt.text, key);
      if (text === prompt.text) return;
      this.#prompt = { ...prompt, text };
      this.#follow(prompt.change(text, false), this.page);
    }
  }

  readonly #back = (): void => {
    const left = this.#pages.length > 1 ? this.#pages.pop() : undefined;
    if (left === undefined) return;
    this.#ahead.push(left);
    this.#goOn();
  };

  readonly #forward = (): void => {
    const next = this.#ahead.pop();
    if (next === undefined) return;
    this.#pages.push(next);
    this.#goOn();
  };

  /** What the page that is shown again had put off. */
  #goOn(): void {
    const { page } = this;
    const held = this.#held.get(page) ?? [];
    this.#held.delete(page);
    for (const update of held) this.#follow(update(), page);
  }

  readonly #quit = (): void => {
    this.#tasks.push({ kind: 'quit' });
  };

  /** What the keys of `FRAME_KEYS` do. */
  readonly #frameKeys: Readonly<Record<string, () => void>> = {
    escape: this.#back,
    backspace: this.#back,
    'M-right': this.#forward,
    ']': this.#forward,
    J: () => {
      const { document } = this.page.select();
      if (document === undefined) this.#message = 'nothing here is a document';
      else this.open(jsonPage(document));
    },
    d: () => {
      this.#mark(this.page.select().target);
    },
    y: () => {
      const { path } = this.page.select();
      this.#copy(path === undefined ? undefined : shellWord(path), 'path');
    },
    c: () => {
      this.#copy(this.page.select().command?.map(shellWord).join(' '), 'command');
    },
    'C-l': () => this.#tasks.push({ kind: 'redraw' }),
    'C-z': () => this.#tasks.push({ kind: 'suspend' }),
    '?': () => {
      if (this.page.name === 'help') this.#back();
      else this.open(helpPage(this.page.name, this.page.bindings(this.#place()), FRAME_KEYS));
    },
    q: this.#quit,
    'C-c': this.#quit,
  };

  #mark(target: string | undefined): void {
    const before = this.#marked;
    if (target === undefined) this.#message = 'nothing here can be compared';
    else if (before === undefined) {
      this.#marked = target;
      this.#message = `marked ${target}: d on another one compares the two`;
    } else {
      this.#marked = undefined;
      if (target === before) this.#message = `${target} is not marked any more`;
      else this.open(comparePage(before, target));
    }
  }

  #copy(text: string | undefined, what: string): void {
    if (text === undefined) {
      this.#message = `nothing here has a ${what}`;
      return;
    }
    this.#tasks.push({ kind: 'copy', text });
    this.#message = `copied the ${what}: ${text}`;
  }

  /** Of effects that a page has asked for. */
  #follow(effects: readonly PageEffect[], page: Page): void {
    for (const effect of effects) this.#perform(effect, page);
  }

  #perform(effect: PageEffect, page: Page): void {
    switch (effect.kind) {
      case 'open':
        this.open(effect.page);
        break;
      case 'back':
        if (page === this.page) this.#back();
        break;
      case 'tell':
        this.#message = effect.text;
        break;
      case 'prompt':
        this.#prompt = effect;
        break;
      case 'later': {
        const { milliseconds, update, whenShown } = effect;
        const follow = () => {
          if (whenShown !== true || page === this.page) this.#follow(update(), page);
          else this.#held.set(page, [...(this.#held.get(page) ?? []), update]);
        };
        this.#tasks.push({ kind: 'later', milliseconds, update: follow });
        break;
      }
      case 'ask':
        if (!effect.quiet) this.#waiting += 1;
        this.#tasks.push({ kind: 'ask', ask: (port) => this.#answer(effect, page, port) });
    }
  }

  async #answer(
    { ask, quiet }: PageEffect & { kind: 'ask' },
    page: Page,
    port: Port,
  ): Promise<() => void> {
    try {
      const update = await ask(port);
      return () => {
        this.#follow(update(), page);
      };
    } finally {
      if (!quiet) this.#waiting -= 1;
    }
  }
}
