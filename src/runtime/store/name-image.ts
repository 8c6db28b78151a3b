import type { Descriptor } from '../../oci/descriptor.js';
import { listImageNames, writeImageNames } from './image-store.js';
import { exclusively, type Store } from './store.js';

/** Gives an image these full references; one that stood for another image stands for this now. */
export function nameImage(
  store: Store,
  descriptor: Descriptor,
  references: readonly string[],
): void {
  exclusively(store, () => {
    const kept = listImageNames(store).filter(
      ({ reference, descriptor: other }) =>
        // A nameless entry is only there so that an image without any name is not lost.
        !(reference === undefined
          ? other.digest === descriptor.digest
          : references.includes(reference)),
    );
    const named = references.map((reference) => ({ reference, descriptor }));
    const hasName = kept.some(({ descriptor: other }) => other.digest === descriptor.digest);
    const own = named.length > 0 || hasName ? named : [{ reference: undefined, descriptor }];
    writeImageNames(store, [...kept, ...own]);
  });
}
