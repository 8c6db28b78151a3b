// Which images does a registry have? Docker Hub has an index that is asked; any other registry has
// at most a catalogue, which is read through.
import type { ReadHost } from '../host/host.js';
import { listTags, nextPage } from '../image/registry/list-tags.js';
import type { Registry } from '../image/registry/registry-client.js';
import { checkLimit, jsonLimits } from '../image/limits.js';
import { CutawayError, hasCode } from '../oci/error.js';
import { parseJson, type JsonReader } from '../oci/json-reader.js';
import type { Problem } from '../oci/problem.js';
import { isReference } from '../oci/reference.js';
import { makeDocument } from './document.js';
import type { SearchDocument, SearchResult } from './documents/search.js';

export interface SearchQuery {
  /** For Docker Hub not empty; elsewhere a part of a repository's name, '' for all. */
  readonly term: string;
  /** From 1 to 100 for Docker Hub. */
  readonly limit: number;
  readonly leastStars?: number | undefined;
  readonly isOfficial?: boolean | undefined;
}

const HUB = 'docker.io';

export async function search(
  host: ReadHost,
  registry: Registry,
  query: SearchQuery,
): Promise<SearchDocument> {
  const problems: Problem[] = [];
  const { results, more } =
    registry.name === HUB
      ? await searchHub(registry, query)
      : await searchCatalogue(registry, query, problems);
  const subject = { kind: 'registry', engine: 'registry', target: registry.name } as const;
  return makeDocument(host, 'search', subject, { term: query.term, results, more }, problems);
}

interface Found {
  readonly results: SearchResult[];
  readonly more: boolean;
}

/** Docker's own: it is neither where images are nor in their API (registry/service.go). */
const HUB_SEARCH = 'https://index.docker.io/v1/search';
const HUB_MOST = 100;

async function searchHub(registry: Registry, query: SearchQuery): Promise<Found> {
  const { term, limit, leastStars = 0, isOfficial } = query;
  // What is left out here takes no place among those that were asked for.
  const isFiltered = leastStars > 0 || isOfficial !== undefined;
  const fields = new URLSearchParams({ q: term, n: String(isFiltered ? HUB_MOST : limit) });
  const what = `search ${JSON.stringify(term)}`;
  const response = await registry.request('GET', `${HUB_SEARCH}?${fields.toString()}`, {
    what,
    accept: ['application/json'],
  });
  const bytes = await response.body.bytes();
  const document = parseJson(bytes, 'answer of the search', jsonLimits(registry.limits));
  const all = document.get('results').list(readHubResult);
  const wanted = all.filter(
    ({ stars = 0, official }) =>
      stars >= leastStars && (isOfficial === undefined || official === isOfficial),
  );
  const total = document.get('num_results').optional((count) => count.integer(0)) ?? all.length;
  const results = wanted.slice(0, limit);
  return { results, more: isFiltered ? wanted.length > limit : total > results.length };
}

function readHubResult(reader: JsonReader): SearchResult {
  return {
    name: reader.get('name').string(),
    description: reader.get('description').optionalString() ?? '',
    stars: reader.get('star_count').optional((count) => count.integer()) ?? 0,
    official: reader.get('is_official').optional((flag) => flag.boolean()) ?? false,
  };
}

/** distribution: spec/api.md#listing-repositories. OCI's specification leaves it to registries. */
async function searchCatalogue(
  registry: Registry,
  query: SearchQuery,
  problems: Problem[],
): Promise<Found> {
  const found: string[] = [];
  let more = false;
  for await (const repository of repositories(registry)) {
    if (!repository.includes(query.term.toLowerCase())) continue;
    more = found.length === query.limit;
    if (more) break;
    found.push(repository);
  }
  const counts = found.length <= MOST_COUNTED ? await countTags(registry, found, problems) : [];
  const results = found.map((repository, at): SearchResult => {
    const tags = counts[at];
    const name = `${registry.name}/${repository}`;
    return tags === undefined ? { name } : { name, tags };
  });
  return { results, more };
}

/**
 * Page by page, as long as somebody wants to see more. How long a page is the registry decides: one
 * that is asked for more than it gives refuses.
 */
async function* repositories(registry: Registry): AsyncGenerator<string> {
  const what = `search ${registry.name}`;
  const seen = new Set<string>();
  let path: string | undefined = '/v2/_catalog';
  while (path !== undefined) {
    if (seen.has(path)) throw new CutawayError('UNAVAILABLE', `${what}: its pages go in a circle`);
    seen.add(path);
    checkLimit(registry.limits, 'manifests', seen.size, `${what}: pages`);
    const response = await registry.request('GET', path, {
      what,
      scope: 'registry:catalog:*',
      answers: [404, 405],
    });
    if (response.status >= 400) {
      response.body.discard();
      throw new CutawayError('UNSUPPORTED', `${what}: the registry has no catalogue to search in`);
    }
    const bytes = await response.body.bytes();
    const document = parseJson(bytes, 'catalogue', jsonLimits(registry.limits));
    const names = document.get('repositories').list((name) => name.string());
    // What is no name can neither be pulled nor asked for its tags.
    yield* names.filter((name) => isReference(`${registry.name}/${name}`));
    path = nextPage(response.headers['link'], response.url);
  }
}

/** One request each: worth it for what fits on a screen. */
const MOST_COUNTED = 25;
const PARALLEL = 5;

async function countTags(
  registry: Registry,
  found: readonly string[],
  problems: Problem[],
): Promise<(number | undefined)[]> {
  const counts: (number | undefined)[] = [];
  const queue = [...found.entries()];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [at, repository] = next;
      counts[at] = await countTagsOf(registry, repository, problems);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return counts;
}

async function countTagsOf(
  registry: Registry,
  repository: string,
  problems: Problem[],
): Promise<number | undefined> {
  const what = `count the tags of ${registry.name}/${repository}`;
  try {
    return (await listTags({ registry, repository, what })).length;
  } catch (error) {
    // The catalogue still names what has lost its last tag.
    if (hasCode(error, 'NOT_FOUND')) return 0;
    if (!(error instanceof CutawayError)) throw error;
    problems.push({ code: 'tags-unreadable', message: error.message });
    return undefined;
  }
}
