// How a container or an image is named, in every engine alike.
import { isDigest } from '../oci/digest.js';
import { CutawayError } from '../oci/error.js';
import { familiarReference, isReference, parseReference } from '../oci/reference.js';
import type { EngineContainer, EngineImage } from './engine.js';

const ID_PREFIX = /^[0-9a-f]{1,64}$/;

/** By its name, its id, or the beginning of its id; throws AMBIGUOUS. */
export function findContainerIn(
  containers: readonly EngineContainer[],
  text: string,
): EngineContainer | undefined {
  const named = containers.filter(({ name, id }) => name === text || id === text);
  return (
    theOnly(text, named, ({ name }) => name) ??
    theOnly(
      text,
      startingWith(containers, text, ({ id }) => id),
      ({ name }) => name,
    )
  );
}

/** By a reference, as it is or with what is usually left out in front; by id, digest, or a part. */
export function findImageIn(images: readonly EngineImage[], text: string): EngineImage | undefined {
  if (isDigest(text)) return images.find(({ id, digest }) => id === text || digest === text);
  const named = findNamed(images, text);
  if (named !== undefined) return named;
  const hex = text.replace(/^sha256:/, '');
  return theOnly(
    text,
    startingWith(images, hex, ({ id }) => id.slice('sha256:'.length)),
    ({ id }) => id,
  );
}

function findNamed(images: readonly EngineImage[], text: string): EngineImage | undefined {
  if (!isReference(text)) return undefined;
  const wanted = familiarReference(parseReference(text));
  const exact = images.find(({ references }) => references.includes(wanted));
  if (exact !== undefined || text.includes('/')) return exact;
  // What was built has the registry "localhost" in Podman and Buildah.
  const local = images.find(({ references }) => references.includes(`localhost/${wanted}`));
  if (local !== undefined) return local;
  const ending = images.filter(({ references }) =>
    references.some((reference) => reference.endsWith(`/${wanted}`)),
  );
  return theOnly(text, ending, ({ references, id }) => references[0] ?? id);
}

function startingWith<One>(
  all: readonly One[],
  text: string,
  idOf: (one: One) => string,
): readonly One[] {
  return ID_PREFIX.test(text) ? all.filter((one) => idOf(one).startsWith(text)) : [];
}

function theOnly<One>(
  text: string,
  found: readonly One[],
  nameOf: (one: One) => string,
): One | undefined {
  if (found.length < 2) return found[0];
  const names = found.map(nameOf).join(', ');
  throw new CutawayError('AMBIGUOUS', `"${text}" stands for ${found.length}: ${names}`, {
    hint: 'write more of it',
  });
}
