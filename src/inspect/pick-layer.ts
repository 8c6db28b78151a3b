import { CutawayError } from '../oci/error.js';
import type { OrdinaryEntry } from '../overlay/layer-entry.js';
import type { Stack, StackLayer } from './stack.js';

/** The number of the layer that was asked for: "3", "upper" or "init". 1 is the base. */
export function pickLayer({ layers }: Stack, text: string): number {
  const named = layers.findIndex(({ role }) => role !== 'layer' && role === text);
  const number = named === -1 ? Number(/^\d{1,5}$/.test(text) ? text : Number.NaN) : named + 1;
  if (number >= 1 && number <= layers.length) return number;
  if (!Number.isNaN(number)) {
    const message = `there is no layer ${number}: it has ${layers.length}`;
    throw new CutawayError('NOT_FOUND', message);
  }
  throw new CutawayError('INVALID_INPUT', `--layer is a number, not "${text}"`, {
    hint: layers.some(({ role }) => role === 'upper')
      ? 'or "upper" for what the container has written, "init" for its mount points'
      : 'cutaway layers lists them',
  });
}

/** "layer 3", "the upper layer": for messages. */
export function layerName(layer: StackLayer | undefined, number: number): string {
  const role = layer?.role ?? 'layer';
  return role === 'layer' ? `layer ${number}` : `the ${role} layer`;
}

/** Which layers have a path and which delete it, as one sentence; undefined when none does. */
export function whoHas({ layers }: Stack, path: string): string | undefined {
  const said = layers.map(({ index }) => index.find(path)?.marker);
  const names = (marker: string): string[] =>
    said.flatMap((one, at) => (one === marker ? [layerName(layers[at], at + 1)] : []));
  const [having, deleting] = [names('ordinary'), names('whiteout')];
  if (having.length === 0) return undefined;
  const deleted = deleting.length === 0 ? '' : `; deleted by ${joinNames(deleting)}`;
  return `${joinNames(having)} ${having.length === 1 ? 'has' : 'have'} it${deleted}`;
}

function joinNames(names: readonly string[]): string {
  if (names.length > 6) return `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
  return names.length < 2
    ? names.join('')
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

/** What is there, as an ordinary entry of a layer as it lies. */
export function findOrdinary(
  layer: StackLayer | undefined,
  path: string,
): OrdinaryEntry | undefined {
  const entry = layer?.index.find(path);
  return entry?.marker === 'ordinary' ? entry : undefined;
}
