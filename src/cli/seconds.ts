import { CutawayError } from '../oci/error.js';

/** Whole seconds as `stop -t` takes them; negative for ever. */
export function readSeconds(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^-?[0-9]{1,9}$/.test(text)) return Number(text);
  throw new CutawayError('INVALID_INPUT', `${option} takes whole seconds, not "${text}"`, {
    data: { usage: true },
  });
}
