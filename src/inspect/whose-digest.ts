// What a digest or an id stands for, in every engine.
import type { Engine } from '../engines/engine.js';
import { CutawayError } from '../oci/error.js';
import type { Relation, WhoseAnswer } from './documents/whose.js';
import { containerFacts, imageFacts } from './whose-facts.js';

/** `hex`: 64 digits. */
export function answersOfDigest(engines: readonly Engine[], hex: string): WhoseAnswer[] {
  return engines.flatMap((engine) => [
    ...engine
      .listContainers()
      .filter(({ id }) => id === hex)
      .map((container): WhoseAnswer => ({
        relation: 'id',
        engine: engine.name,
        ...containerFacts(engine, container),
      })),
    ...engine.listImages().flatMap((image): WhoseAnswer[] => {
      const facts = { engine: engine.name, ...imageFacts(engine, image) };
      const own: Relation[] = [];
      if (image.id === `sha256:${hex}`) own.push('config');
      else if (image.digest === `sha256:${hex}`) own.push('manifest');
      return [
        ...own.map((relation) => ({ relation, ...facts })),
        ...layersOf(engine, image, `sha256:${hex}`).map(({ relation, layer }) => ({
          ...{ relation, ...facts, layer },
        })),
      ];
    }),
  ]);
}

type Image = ReturnType<Engine['listImages']>[number];

interface LayerAnswer {
  readonly relation: Relation;
  readonly layer: NonNullable<WhoseAnswer['layer']>;
}

function layersOf(engine: Engine, image: Image, digest: string): LayerAnswer[] {
  const blobs = blobsOf(engine, image);
  return image.layers.flatMap(({ diffID, chainID }, at): LayerAnswer[] => {
    const layer = { number: at + 1, diffID, chainID };
    // The chainID of the base is its diffID.
    if (diffID === digest) return [{ relation: 'diffID', layer }];
    if (chainID === digest) return [{ relation: 'chainID', layer }];
    return blobs[at] === digest ? [{ relation: 'blob', layer }] : [];
  });
}

function blobsOf(engine: Engine, image: Image): readonly string[] {
  try {
    return engine.openImage(image).layers.map(({ descriptor }) => descriptor.digest);
  } catch (error) {
    if (error instanceof CutawayError) return [];
    throw error;
  }
}
