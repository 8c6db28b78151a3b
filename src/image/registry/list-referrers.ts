// distribution-spec spec.md#listing-referrers: what points at a manifest (signatures, SBOMs).
import type { Descriptor } from '../../oci/descriptor.js';
import type { Digest } from '../../oci/digest.js';
import { parseImageIndex } from '../../oci/image-index.js';
import { jsonLimits } from '../limits.js';
import type { Registry } from './registry-client.js';

export interface ReferrersRequest {
  readonly registry: Registry;
  readonly repository: string;
  readonly what: string;
}

/**
 * Registries before version 1.1 of the specification do not know the question: there the answer is
 * an index with a tag made of the digest, if anybody has put one there.
 */
export async function listReferrers(
  { registry, repository, what }: ReferrersRequest,
  digest: Digest,
): Promise<readonly Descriptor[]> {
  const paths = [`referrers/${digest}`, `manifests/${digest.replace(':', '-')}`];
  for (const path of paths) {
    const response = await registry.request('GET', `/v2/${repository}/${path}`, {
      what,
      accept: ['application/vnd.oci.image.index.v1+json'],
      scope: `repository:${repository}:pull`,
      mirrors: true,
      answers: [400, 404, 405],
    });
    if (response.status === 200) {
      const bytes = await response.body.bytes();
      return parseImageIndex(bytes, undefined, jsonLimits(registry.limits)).manifests;
    }
    response.body.discard();
  }
  return [];
}
