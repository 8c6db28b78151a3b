// Taking images away: a name, and with the last name what nothing else needs.
import type { Digest } from '../../oci/digest.js';
import { CutawayError } from '../../oci/error.js';
import { formatReference, isReference, parseReference } from '../../oci/reference.js';
import { listContainers } from './container-store.js';
import { letGo } from './garbage.js';
import {
  familiar,
  findImageID,
  listImageNames,
  writeImageNames,
  type StoredImage,
} from './image-store.js';
import type { Store } from './store.js';

export interface Removal {
  /** Familiar form. */
  readonly untagged: readonly string[];
  /** Image ID and digests of blobs that are gone. */
  readonly deleted: readonly Digest[];
  /** An image is on its way into the store: what nothing needs any more goes when it has come. */
  readonly isLater: boolean;
}

/**
 * Takes away the name `text`, or with an id all names; with the last name goes the image. An
 * image that a container is made of stays unless forced, and its layers stay even then.
 */
export function removeImage(
  store: Store,
  image: StoredImage,
  text: string,
  options: { force: boolean },
): Removal {
  const { value, ...rest } = letGo(store, () => untag(store, image, text, options));
  return { untagged: value, ...rest };
}

function untag(
  store: Store,
  image: StoredImage,
  text: string,
  options: { force: boolean },
): string[] {
  const names = listImageNames(store);
  const own = names.filter((name) => findImageID(store, name, image.config) === image.id);
  const full = isReference(text) ? formatReference(parseReference(text)) : undefined;
  const one = own.filter(({ reference }) => reference !== undefined && reference === full);
  const going = one.length > 0 ? one : own;
  const isLast = going.length === own.length;
  if (one.length === 0 && own.length > 1 && !options.force) {
    throw new CutawayError('IN_USE', `remove image "${text}": it has ${own.length} names`, {
      hint: 'remove it by name, or all of them with -f',
    });
  }
  if (isLast && !options.force) refuseUsed(store, image, text);
  const kept = names.filter((name) => !going.includes(name));
  writeImageNames(store, kept);
  return going.flatMap(({ reference }) => (reference === undefined ? [] : [familiar(reference)]));
}

/** The way out when an image cannot be read any more: its name goes, and with it what it needs. */
export function removeDamagedImage(store: Store, text: string): Removal | undefined {
  const full = isReference(text) ? formatReference(parseReference(text)) : undefined;
  const names = listImageNames(store);
  const isOther = ({ reference }: { readonly reference?: string | undefined }) =>
    reference === undefined || reference !== full;
  if (names.every(isOther)) return undefined;
  const { deleted, isLater } = letGo(store, () => {
    writeImageNames(store, listImageNames(store).filter(isOther));
  });
  return { untagged: [familiar(text)], deleted, isLater };
}

function refuseUsed(store: Store, image: StoredImage, text: string): void {
  const user = listContainers(store).find(({ record }) => record.image.id === image.id);
  if (user === undefined) return;
  const { name, id } = user.record;
  throw new CutawayError(
    'IN_USE',
    `remove image "${text}": container "${name}" (${id.slice(0, 12)}) is made of it`,
    { hint: `remove the container first: cutaway rm ${name}` },
  );
}
