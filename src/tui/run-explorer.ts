// Keys to the explorer, its rows to the screen, its questions to the port; until it is left.
import type { Screen } from './view/terminal.js';
import { Explorer, type ExplorerEvent, type Task } from './view-model/explorer.js';
import type { Row } from './view-model/line.js';
import type { Page } from './view-model/page.js';
import type { Port } from './view-model/port.js';

export interface ExplorerOptions {
  readonly screen: Screen;
  readonly port: Port;
  /** The first one stays for as long as the explorer; the last one is shown. */
  readonly pages: readonly [Page, ...Page[]];
  /** Stops the process until somebody goes on with it. */
  readonly suspend: () => void;
}

export class RunningExplorer {
  /** Resolves when it was left; rejects with what broke it. The screen is given back before. */
  readonly ended: Promise<void>;
  readonly #options: ExplorerOptions;
  readonly #explorer: Explorer;
  readonly #timers = new Set<NodeJS.Timeout>();
  #settle: (failure?: { readonly error: unknown }) => void = () => undefined;
  #isOver = false;
  #isPlanned = false;

  constructor(options: ExplorerOptions) {
    const { screen, port, pages } = options;
    const [first, ...more] = pages;
    this.#options = options;
    this.ended = new Promise((resolve, reject) => {
      this.#settle = (failure) => {
        if (failure === undefined) resolve();
        // As it was thrown: whoever waits knows what to say of it.
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        else reject(failure.error);
      };
    });
    screen.enter();
    this.#explorer = new Explorer(first, screen.size, () => port.now());
    screen.listen((event) => {
      this.handle(event);
    });
    this.#change(() => {
      for (const page of more) this.#explorer.open(page);
    });
    this.#paint();
  }

  handle(event: ExplorerEvent): void {
    this.#change(() => {
      this.#explorer.handle(event);
    });
  }

  rows(): Row[] {
    return this.#explorer.draw();
  }

  leave(failure?: { readonly error: unknown }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#options.screen.leave();
    this.#settle(failure);
  }

  /** After the process was stopped and goes on. */
  resume(): void {
    if (this.#isOver) return;
    const { screen } = this.#options;
    screen.enter();
    screen.forget();
    this.handle({ kind: 'resize', size: screen.size });
  }

  #change(action: () => void): void {
    this.#guard(() => {
      action();
      for (const task of this.#explorer.takeTasks()) this.#perform(task);
      this.#planPaint();
    });
  }

  #guard(action: () => void): void {
    if (this.#isOver) return;
    try {
      action();
    } catch (error) {
      this.leave({ error });
    }
  }

  /** Once for all the keys that came together. */
  #planPaint(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#paint();
    });
  }

  #paint(): void {
    this.#isPlanned = false;
    this.#guard(() => {
      this.#options.screen.paint(this.#explorer.draw());
    });
  }

  #perform(task: Task): void {
    const { screen, suspend } = this.#options;
    switch (task.kind) {
      case 'quit':
        this.leave();
        break;
      case 'suspend':
        screen.leave();
        suspend();
        break;
      case 'redraw':
        screen.forget();
        break;
      case 'copy':
        screen.copy(task.text);
        break;
      case 'later':
        this.#later(task.milliseconds, () => {
          this.#change(task.update);
        });
        break;
      case 'ask':
        // After what the key did is on the screen: an answer may take a while to put together.
        this.#later(0, () => {
          this.#ask(task);
        });
    }
  }

  #ask({ ask }: Task & { kind: 'ask' }): void {
    ask(this.#options.port).then(
      (update) => {
        this.#change(update);
      },
      (error: unknown) => {
        this.leave({ error });
      },
    );
  }

  #later(milliseconds: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, milliseconds);
    this.#timers.add(timer);
  }
}
