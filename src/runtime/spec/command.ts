import { CutawayError } from '../../oci/error.js';
import type { ImageConfig } from '../../oci/image-config.js';

export interface CommandOptions {
  /** --entrypoint: one program. Empty takes the image's away. */
  readonly entrypoint?: string;
  /** What stands after the image's name. */
  readonly args: readonly string[];
}

/**
 * What the first process runs: entrypoint, then arguments. Arguments replace the image's Cmd, and
 * so does an entrypoint, since the image's Cmd was written for another program.
 */
export function resolveCommand(image: ImageConfig, options: CommandOptions): string[] {
  const { entrypoint, args } = options;
  const { Entrypoint = [], Cmd = [] } = image.config ?? {};
  const program = entrypoint === undefined ? Entrypoint : entrypoint === '' ? [] : [entrypoint];
  const rest = args.length > 0 || entrypoint !== undefined ? args : Cmd;
  const command = [...program, ...rest];
  if (command.length > 0) return command;
  throw new CutawayError('INVALID_INPUT', 'no command specified', {
    hint: 'the image names no command of its own: add one after its name',
  });
}
