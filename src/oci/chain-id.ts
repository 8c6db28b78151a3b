import { sha256Digest, type Digest } from './digest.js';

/**
 * The chainID of each layer, base first: the name of what one sees with it on top
 * (image-spec config.md#layer-chainid).
 */
export function chainIDs(diffIDs: readonly Digest[]): Digest[] {
  const chain: Digest[] = [];
  for (const diffID of diffIDs) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffID : sha256Digest(Buffer.from(`${below} ${diffID}`)));
  }
  return chain;
}
