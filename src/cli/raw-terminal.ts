import type { Context } from './context.js';

const STDIN = 0;

/**
 * From now on every key is a byte for the container, and every byte of it goes to the screen as it is.
 * Gives back the way back; without a terminal on stdin there is nothing to do.
 */
export function enterRawMode({ host }: Context, stdin: NodeJS.ReadStream | undefined): () => void {
  if (stdin?.isTTY !== true) return () => undefined;
  stdin.setRawMode(true);
  // Node's raw mode still puts a carriage return before each newline of the output.
  host.stopOutputProcessing(STDIN);
  return () => {
    stdin.setRawMode(false);
  };
}
