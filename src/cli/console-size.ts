import type { ConsoleSize } from '../runtime/prepare-container.js';
import type { Context } from './context.js';

/** Of our own terminal, where one of our outputs is one. */
export function consoleSize({ stdout, stderr }: Context): { consoleSize?: ConsoleSize } {
  const terminal = [stdout, stderr].find((stream) => stream.isTTY && stream.rows > 0);
  if (terminal === undefined) return {};
  return { consoleSize: { height: terminal.rows, width: terminal.columns } };
}
