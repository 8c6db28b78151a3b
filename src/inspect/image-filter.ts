// `--filter` of `images` and `prune`, with Docker's words.
import type { EngineImage } from '../engines/engine.js';
import { CutawayError } from '../oci/error.js';
import { compileGlob } from './glob.js';

export type ImageTest = (image: EngineImage) => boolean;

type MakeTest = (value: string, images: readonly EngineImage[]) => ImageTest;

const FILTERS: Readonly<Record<string, MakeTest>> = {
  reference: (pattern) => referenceTest(pattern),
  label: labelTest,
  before: (text, images) => {
    const { id, createdAt } = oneOf(images, text);
    return (image) => image.id !== id && timeOf(image.createdAt) < timeOf(createdAt);
  },
  since: (text, images) => {
    const { id, createdAt } = oneOf(images, text);
    return (image) => image.id !== id && timeOf(image.createdAt) > timeOf(createdAt);
  },
  dangling: (value) => {
    if (!/^(true|false|1|0)$/.test(value)) refuse(`dangling is true or false, not "${value}"`);
    const wanted = value === 'true' || value === '1';
    return ({ references }) => (references.length === 0) === wanted;
  },
};

/** All kinds must let an image through; of one kind, but for labels, one filter is enough. */
export function imageFilter(
  filters: readonly string[],
  images: readonly EngineImage[],
  known: readonly string[] = Object.keys(FILTERS),
): ImageTest {
  const kinds = new Map<string, ImageTest[]>();
  for (const filter of filters) {
    const at = filter.indexOf('=');
    const [name, value] = [filter.slice(0, at), filter.slice(at + 1)];
    if (at <= 0) refuse(`--filter is NAME=VALUE, not "${filter}"`);
    const make = known.includes(name) ? FILTERS[name] : undefined;
    if (make === undefined) refuse(`unknown filter "${name}"`, `there are ${known.join(', ')}`);
    const kind = name === 'label' ? `label ${value}` : name;
    kinds.set(kind, [...(kinds.get(kind) ?? []), make(value, images)]);
  }
  return (image) => [...kinds.values()].every((tests) => tests.some((test) => test(image)));
}

/** A pattern of names: `busybox`, `busy*`, `*:latest`, `reg/*`; a `*` stays within a component. */
export function referenceTest(pattern: string): ImageTest {
  const matches = compileGlob(`/${pattern}`);
  return ({ references }) =>
    references.some((name) => {
      const bare = name.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
      return [name, bare].some((text) => matches(`/${text}`) && depth(text) === depth(pattern));
    });
}

/** A glob of paths lets through what is beneath, too. */
function depth(text: string): number {
  return text.split('/').length;
}

function labelTest(value: string): ImageTest {
  const at = value.indexOf('=');
  const [key, wanted] = at < 0 ? [value, undefined] : [value.slice(0, at), value.slice(at + 1)];
  return ({ labels = {} }) =>
    Object.hasOwn(labels, key) && (wanted === undefined || labels[key] === wanted);
}

function oneOf(images: readonly EngineImage[], text: string): EngineImage {
  const found =
    images.find(({ references }) =>
      references.some((name) => [text, `${text}:latest`].includes(name)),
    ) ??
    images.find(({ id }) => /^[0-9a-f]{4,}$/.test(text) && id.startsWith(`sha256:${text}`)) ??
    images.find(({ id }) => id === text);
  return found ?? refuse(`no such image: ${text}`);
}

export function timeOf(text: string | undefined): number {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? 0 : time;
}

function refuse(reason: string, hint?: string): never {
  throw new CutawayError('INVALID_INPUT', reason, hint === undefined ? {} : { hint });
}
