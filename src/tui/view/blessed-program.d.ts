// The part of blessed that the explorer uses: what drives the terminal. Its widgets are not loaded.
declare module 'blessed/lib/program.js' {
  import type { EventEmitter } from 'node:events';

  interface Key {
    readonly name?: string;
    readonly full: string;
    readonly ctrl?: boolean;
    readonly meta?: boolean;
    readonly shift?: boolean;
  }

  interface ProgramOptions {
    readonly input: NodeJS.ReadStream;
    readonly output: NodeJS.WriteStream;
    /** Read terminfo; without it the sequences of xterm. */
    readonly tput: boolean;
  }

  class Program extends EventEmitter {
    constructor(options: ProgramOptions);
    readonly cols: number;
    readonly rows: number;
    /** Everything that goes to the terminal. */
    write(text: string): boolean;
    _owrite(text: string): boolean;
    setMode(mode: string): void;
    resetMode(mode: string): void;
    hideCursor(): void;
    showCursor(): void;
    setMouse(modes: Readonly<Record<string, boolean>>, enable: boolean): void;
    destroy(): void;
    on(event: 'keypress', listener: (ch: string | undefined, key: Key) => void): this;
    on(event: 'data', listener: (data: Buffer | string) => void): this;
    on(event: 'resize', listener: () => void): this;
  }

  export default Program;
}
