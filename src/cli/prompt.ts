// What a person types, read from a terminal one line at a time.
import { StringDecoder } from 'node:string_decoder';
import { CutawayError } from '../oci/error.js';
import type { Context } from './context.js';

const CANCEL = '\x03';
const END_OF_FILE = '\x04';
const ERASE_LINE = '\x15';
const ERASE: ReadonlySet<string> = new Set(['\x7f', '\b']);

export interface Prompt {
  /** Fails with CANCELED at Ctrl-C, and at Ctrl-D in an empty line. */
  ask(question: string, options?: { readonly echo: boolean }): Promise<string>;
  /** Gives the terminal back as it was. */
  close(): void;
}

/** Questions go to stderr; the terminal itself echoes nothing from here on. */
export function openPrompt({ stdin, stderr }: Context): Prompt {
  const decoder = new StringDecoder('utf8');
  let typed: string[] = [];
  let wake: () => void = () => undefined;
  const take = (bytes: Buffer) => {
    typed.push(...Array.from(decoder.write(bytes)));
    wake();
  };
  const end = () => {
    typed.push(END_OF_FILE);
    wake();
  };
  stdin.setRawMode(true);
  stdin.on('data', take);
  stdin.on('end', end);
  const next = async (): Promise<string> => {
    while (typed.length === 0) {
      await new Promise<void>((resolve) => (wake = resolve));
    }
    return typed.shift() ?? '';
  };
  return {
    ask: async (question, { echo } = { echo: true }) => {
      stderr.write(question);
      const line = await readLine(next, (text) => echo && stderr.write(text));
      stderr.write('\r\n');
      if (line === undefined) throw new CutawayError('CANCELED', 'stopped at the question');
      return line;
    },
    close: () => {
      typed = [];
      stdin.off('data', take);
      stdin.off('end', end);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}

async function readLine(
  next: () => Promise<string>,
  echo: (text: string) => void,
): Promise<string | undefined> {
  const line: string[] = [];
  const erase = () => {
    if (line.pop() !== undefined) echo('\b \b');
  };
  for (;;) {
    const key = await next();
    if (key === '\r' || key === '\n') return line.join('');
    if (key === CANCEL || (key === END_OF_FILE && line.length === 0)) return undefined;
    if (ERASE.has(key)) erase();
    else if (key === ERASE_LINE) while (line.length > 0) erase();
    else if (key >= ' ') {
      line.push(key);
      echo(key);
    }
  }
}
