import { listTags } from '../../image/registry/list-tags.js';
import { CutawayError } from '../../oci/error.js';
import {
  familiarRepository,
  formatReference,
  fullRepository,
  parseReference,
  type Reference,
} from '../../oci/reference.js';
import { defineCommand } from '../command.js';
import { contextStore } from '../context.js';
import { openReferenceRegistry, pullReference } from '../pull-reference.js';
import { PLATFORM_OPTION } from '../targets.js';

export const pull = defineCommand({
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  options: {
    ...PLATFORM_OPTION,
    'all-tags': { type: 'boolean', alias: 'a', describe: 'every tag of the repository' },
    quiet: { type: 'boolean', alias: 'q', describe: 'print the name only' },
  },
  least: 1,
  most: 1,
  examples: [
    'cutaway pull alpine:3.20',
    'cutaway pull localhost:5000/web@sha256:…',
    'cutaway pull --platform linux/arm64 alpine',
  ],
  async run(context, [name = ''], options) {
    const reference = parseReference(name);
    const isAll = options['all-tags'];
    if (isAll && (reference.digest !== undefined || /:[^/]*$/.test(name))) {
      throw new CutawayError('INVALID_INPUT', `--all-tags takes a name without tag: "${name}"`);
    }
    const registry = openReferenceRegistry(context, reference);
    try {
      const references = isAll ? await everyTag(registry, reference) : [reference];
      const store = await contextStore(context);
      const { platform, quiet } = options;
      for (const one of references) {
        await pullReference(context, { store, registry }, one, { platform, quiet });
      }
      context.print(`${isAll ? fullRepository(reference) : formatReference(reference)}\n`);
      return 0;
    } finally {
      registry.close();
    }
  },
});

async function everyTag(
  registry: Parameters<typeof listTags>[0]['registry'],
  reference: Reference,
): Promise<Reference[]> {
  const what = `list tags of ${familiarRepository(reference)}`;
  const tags = await listTags({ registry, repository: reference.repository, what });
  if (tags.length === 0) throw new CutawayError('NOT_FOUND', `${what}: it has none`);
  return tags.sort().map((tag) => ({
    registry: reference.registry,
    repository: reference.repository,
    tag,
  }));
}
