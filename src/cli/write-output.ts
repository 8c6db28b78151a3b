// Data that is no text, to a file or to stdout: never to a terminal, and never half a file.
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { CutawayError, during } from '../oci/error.js';
import type { Context } from './context.js';

/** Before anything is read: nobody wants a tar on a terminal. */
export function requireOutput(context: Context, command: string, output: string | undefined): void {
  if (output !== undefined || !context.stdout.isTTY) return;
  throw new CutawayError('INVALID_INPUT', `${command}: a tar is nothing for a terminal`, {
    hint: `cutaway ${command} -o FILE …, or send it to a file or a program: cutaway ${command} … > FILE`,
  });
}

export async function writeOutput(
  context: Context,
  chunks: AsyncIterable<Buffer>,
  output: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (output === undefined) await writeStdout(context, chunks, signal);
  else await writeFile(context, chunks, output, signal);
}

async function writeStdout(
  { stdout }: Context,
  chunks: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<void> {
  for await (const chunk of chunks) {
    throwIfStopped(signal);
    if (!stdout.write(chunk)) await once(stdout, 'drain');
  }
}

async function writeFile(
  { host }: Context,
  chunks: AsyncIterable<Buffer>,
  output: string,
  signal: AbortSignal,
): Promise<void> {
  const target = outputFile({ host }, output);
  const file = host.createUnnamedFile(target);
  let failure: Error | undefined;
  file.stream.on('error', (error) => (failure = error));
  try {
    for await (const chunk of chunks) {
      throwIfStopped(signal);
      if (failure !== undefined) throw failure;
      if (!file.stream.write(chunk)) {
        await Promise.race([once(file.stream, 'drain'), once(file.stream, 'close')]);
      }
    }
    await pipeline([], file.stream);
    file.place(target);
  } catch (error) {
    file.stream.destroy();
    throw error instanceof CutawayError ? error : during(`write "${output}"`, error);
  } finally {
    file.close();
  }
}

/** Links are followed: what they lead to is what is written. */
function outputFile({ host }: Pick<Context, 'host'>, output: string): string {
  const status = host.findStatus(output);
  if (status === undefined) return output;
  const path = status.type === 'symlink' ? host.realPath(output) : output;
  if (host.lstat(path).type === 'file') return path;
  throw new CutawayError('INVALID_INPUT', `write "${output}": not a regular file`, {
    hint: 'leave out -o and send stdout there',
  });
}

export function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new CutawayError('CANCELED', 'stopped by a signal');
}
