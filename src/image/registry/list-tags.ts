// distribution-spec spec.md#listing-tags, page by page.
import { CutawayError } from '../../oci/error.js';
import { parseJson } from '../../oci/json-reader.js';
import { checkLimit, jsonLimits } from '../limits.js';
import type { Registry } from './registry-client.js';

const PAGE = 1000;

export interface TagsRequest {
  readonly registry: Registry;
  readonly repository: string;
  readonly what: string;
}

/** Every tag once, in the order of the registry. */
export async function listTags({ registry, repository, what }: TagsRequest): Promise<string[]> {
  const tags = new Set<string>();
  const seen = new Set<string>();
  let path: string | undefined = `/v2/${repository}/tags/list?n=${PAGE}`;
  while (path !== undefined) {
    if (seen.has(path)) throw new CutawayError('UNAVAILABLE', `${what}: its pages go in a circle`);
    seen.add(path);
    checkLimit(registry.limits, 'manifests', seen.size, `${what}: pages`);
    const response = await registry.request('GET', path, {
      what,
      scope: `repository:${repository}:pull`,
      mirrors: true,
    });
    const bytes = await response.body.bytes();
    const document = parseJson(bytes, 'list of tags', jsonLimits(registry.limits));
    for (const tag of document.get('tags').list((item) => item.string())) {
      if (/^\w[\w.-]{0,127}$/.test(tag)) tags.add(tag);
    }
    checkLimit(registry.limits, 'manifests', tags.size, `${what}: tags`);
    path = nextPage(response.headers['link'], response.url);
  }
  return [...tags];
}

/** RFC 8288: `</v2/a/tags/list?n=1000&last=b>; rel="next"`. Another host's is no page of this list. */
export function nextPage(link: string | undefined, url: string): string | undefined {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined || !URL.canParse(target, url)) return undefined;
  const next = new URL(target, url);
  if (next.origin !== new URL(url).origin) return undefined;
  return next.pathname.startsWith('/v2/') ? next.pathname + next.search : undefined;
}
