import type { Descriptor } from '../../oci/descriptor.js';
import { CutawayError } from '../../oci/error.js';
import { parseManifest } from '../../oci/manifest.js';
import { isIndexType } from '../../oci/media-type.js';
import { listImageNames, readBlob, STORED, writeImageNames } from './image-store.js';
import { exclusively, type Store } from './store.js';

/**
 * Gives an image these full references; one that stood for another image stands for this now. An
 * image that loses its last name so stays, without one, until somebody removes it (as in Docker).
 */
export function nameImage(
  store: Store,
  descriptor: Descriptor,
  references: readonly string[],
): void {
  exclusively(store, () => {
    const before = listImageNames(store);
    const kept = before.filter(
      ({ reference, descriptor: other }) =>
        // A nameless entry is only there so that an image without any name is not lost.
        !(reference === undefined
          ? other.digest === descriptor.digest
          : references.includes(reference)),
    );
    const named = references.map((reference) => ({ reference, descriptor }));
    const after = [...kept, ...named];
    const hasName = (digest: string) => after.some((name) => name.descriptor.digest === digest);
    const lost = [...before.map((name) => name.descriptor), descriptor].filter(
      (one) => !hasName(one.digest) && (one === descriptor || !isSameImage(store, one, descriptor)),
    );
    const nameless = [...new Map(lost.map((one) => [one.digest, one])).values()].map((one) => ({
      reference: undefined,
      descriptor: one,
    }));
    writeImageNames(store, [...after, ...nameless]);
  });
}

/** Stored in another way (compressed, say) it is the same image all the same. */
function isSameImage(store: Store, one: Descriptor, other: Descriptor): boolean {
  const [first, second] = [one, other].map((descriptor) => findConfigDigest(store, descriptor));
  return first !== undefined && first === second;
}

function findConfigDigest(store: Store, descriptor: Descriptor): string | undefined {
  if (isIndexType(descriptor.mediaType)) return undefined;
  try {
    return parseManifest(readBlob(store, descriptor), descriptor.mediaType, STORED).config.digest;
  } catch (error) {
    if (error instanceof CutawayError) return undefined;
    throw error;
  }
}
