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
  const { Cmd = [] } = image.config ?? {};
  const program = resolveEntrypoint(image, options);
  const rest = args.length > 0 || entrypoint !== undefined ? args : Cmd;
  const command = [...program, ...rest];
  if (command.length > 0) return command;
  throw new CutawayError('INVALID_INPUT', 'no command specified', {
    hint: 'the image names no command of its own: add one after its name',
  });
}

/** The part in front that arguments do not replace. */
export function resolveEntrypoint(
  image: ImageConfig,
  { entrypoint }: CommandOptions,
): readonly string[] {
  if (entrypoint === undefined) return image.config?.Entrypoint ?? [];
  return entrypoint === '' ? [] : [entrypoint];
}
