import { pushImage, type PushProgress } from '../../image/registry/push-image.js';
import { openRegistry, type Registry } from '../../image/registry/registry-client.js';
import type { Digest } from '../../oci/digest.js';
import { parsePlatform } from '../../oci/platform.js';
import {
  familiarReference,
  formatReference,
  fullRepository,
  parseReference,
} from '../../oci/reference.js';
import { storedBlobSource } from '../../runtime/store/stored-tree.js';
import type { Store } from '../../runtime/store/store.js';
import { parseByteSize } from '../byte-size.js';
import { defineCommand, type OptionValues } from '../command.js';
import { contextStore, type Context } from '../context.js';
import { mountFinder, namesToPush, planPush, type NamedReference } from '../push-plan.js';
import { openLayerLines, type LayerLine } from '../layer-lines.js';
import { registryOptions } from '../registry-options.js';
import { PLATFORM_OPTION } from '../targets.js';

const OPTIONS = {
  ...PLATFORM_OPTION,
  'all-tags': { type: 'boolean', alias: 'a', describe: 'every tag that the store has of NAME' },
  quiet: { type: 'boolean', alias: 'q', describe: 'only the name of what was pushed' },
  'chunk-size': {
    type: 'string',
    value: 'SIZE',
    describe: 'send blobs in pieces, for a proxy that takes no big ones: 10M',
  },
} as const;

type Options = OptionValues<typeof OPTIONS>;

export const push = defineCommand({
  usage: '[OPTIONS] NAME[:TAG]',
  options: OPTIONS,
  least: 1,
  most: 1,
  examples: [
    'cutaway push registry.example.com/team/web:1',
    'cutaway push --all-tags registry.example.com/team/web',
  ],
  async run(context, [text = ''], options) {
    const reference = parseReference(text);
    const store = await contextStore(context);
    const names = namesToPush(store, text, reference, { allTags: options['all-tags'] });
    const registry = openRegistry(context.host, reference.registry, registryOptions(context));
    const findMount = mountFinder(store, registry, reference);
    try {
      if (!options.quiet) {
        context.note(`The push refers to repository [${fullRepository(reference)}]`);
      }
      for (const name of names) {
        await pushName({ context, store, registry, findMount, options }, name);
      }
    } finally {
      registry.close();
    }
    return 0;
  },
});

interface PushContext {
  readonly context: Context;
  readonly store: Store;
  readonly registry: Registry;
  readonly findMount: (digest: Digest) => Promise<string | undefined>;
  readonly options: Options;
}

async function pushName(push: PushContext, named: NamedReference): Promise<void> {
  const { context, store, registry, findMount, options } = push;
  const { reference } = named;
  const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
  const plan = planPush(store, named, { platform, ownPlatform: context.platform });
  const text = familiarReference(reference);
  if (plan.onlyPlatform !== undefined) {
    context.note(`! the store has only ${plan.onlyPlatform} of ${text}: it goes without its index`);
  }
  const lines = openLayerLines(context, options);
  const chunkSize = options['chunk-size'];
  try {
    const { digest, size } = await pushImage(registry, plan.tree, {
      what: `push ${text}`,
      repository: reference.repository,
      tag: reference.tag,
      openBlob: (descriptor) => storedBlobSource(store, descriptor),
      findMount,
      chunkSize: chunkSize === undefined ? undefined : parseByteSize(chunkSize, '--chunk-size'),
      onProgress: (progress) => {
        lines.set(pushLine(progress));
      },
    });
    lines.end();
    const line = `${reference.tag}: digest: ${digest} size: ${size}`;
    context.print(`${options.quiet ? formatReference(reference) : line}\n`);
  } catch (error) {
    lines.end();
    throw error;
  }
}

const SHOWN_DIGITS = 12;

function pushLine(progress: PushProgress): LayerLine {
  const { digest, size } = progress.descriptor;
  const name = digest.slice(digest.indexOf(':') + 1).slice(0, SHOWN_DIGITS);
  switch (progress.state) {
    case 'pushing':
      return { name, text: 'Pushing', amount: { bytes: progress.bytes, size }, isFinal: false };
    case 'pushed':
      return { name, text: 'Pushed', isFinal: true };
    case 'exists':
      return { name, text: 'Layer already exists', isFinal: true };
    case 'mounted':
      return { name, text: `Mounted from ${progress.from}`, isFinal: true };
    case 'skipped':
      return { name, text: 'Skipped foreign layer', isFinal: true };
  }
}
