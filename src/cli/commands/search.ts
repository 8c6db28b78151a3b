import { openRegistry } from '../../image/registry/registry-client.js';
import { parseRegistryName } from '../../image/registry/registry-name.js';
import { search as askRegistry, type SearchQuery } from '../../inspect/search.js';
import { CutawayError } from '../../oci/error.js';
import { formatSearch } from '../../report/search-table.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { registryOptions } from '../registry-options.js';

export const search = defineCommand({
  usage: '[OPTIONS] TERM | HOST/[TERM]',
  options: {
    ...DOCUMENT_OPTIONS,
    filter: {
      type: 'strings',
      alias: 'f',
      value: 'KEY=VALUE',
      describe: 'stars=N for at least so many, is-official=true|false; of Docker Hub',
    },
    limit: { type: 'string', value: 'N', describe: 'at most so many, from 1 to 100; 25' },
  },
  least: 1,
  most: 1,
  examples: [
    'cutaway search --filter is-official=true nginx',
    'cutaway search registry.example.com:5000/team',
  ],
  async run(context, [text = ''], options) {
    const { name, term } = splitTerm(text);
    const filters = parseFilters(options.filter);
    const isHub = name === 'docker.io';
    if (isHub && term === '') {
      throw new CutawayError('INVALID_INPUT', 'search: Docker Hub is not listed, only searched');
    }
    if (!isHub && options.filter.length > 0) {
      throw new CutawayError('INVALID_INPUT', `search: ${name} knows names only: no --filter`);
    }
    const registry = openRegistry(context.host, name, registryOptions(context));
    try {
      const query = { term, limit: parseCount(options.limit), ...filters };
      const document = await askRegistry(context.host, registry, query);
      showDocument(context, options, { document, list: 'results', face: formatSearch });
    } finally {
      registry.close();
    }
    return 0;
  },
});

/** The first part is a registry when it looks like a host: the rule of image names. */
function splitTerm(text: string): { name: string; term: string } {
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  if (first === 'localhost' || /[.:]/.test(first)) {
    return { name: parseRegistryName(first), term: text.slice(slash + 1) };
  }
  return { name: 'docker.io', term: text };
}

const DEFAULT_COUNT = 25;
const MOST = 100;

function parseCount(text: string | undefined): number {
  if (text === undefined) return DEFAULT_COUNT;
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MOST) return count;
  throw new CutawayError('INVALID_INPUT', `search: --limit is from 1 to ${MOST}, not "${text}"`);
}

function parseFilters(texts: readonly string[]): Pick<SearchQuery, 'leastStars' | 'isOfficial'> {
  return Object.assign({}, ...texts.map(parseFilter)) as ReturnType<typeof parseFilters>;
}

function parseFilter(text: string): Pick<SearchQuery, 'leastStars' | 'isOfficial'> {
  const [, stars] = /^stars=(\d{1,9})$/.exec(text) ?? [];
  if (stars !== undefined) return { leastStars: Number(stars) };
  const [, official] = /^is-official=(true|false|1|0)$/.exec(text) ?? [];
  if (official !== undefined) return { isOfficial: official === 'true' || official === '1' };
  throw new CutawayError('INVALID_INPUT', `search: no filter "${text}"`, {
    hint: 'there are stars=N and is-official=true|false',
  });
}
