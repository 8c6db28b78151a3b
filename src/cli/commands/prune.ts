import { once } from 'node:events';
import { makeDocument } from '../../inspect/document.js';
import type { PruneDocument } from '../../inspect/documents/prune.js';
import { readDuration } from '../../oci/go-duration.js';
import { CutawayError } from '../../oci/error.js';
import { formatPrune } from '../../report/prune-lines.js';
import { formatSize } from '../../report/size.js';
import { planPruning, prune as carryOut, type PruneOptions } from '../../runtime/prune.js';
import { defineCommand } from '../command.js';
import { contextStore, type Context } from '../context.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';

const { format, json, output } = DOCUMENT_OPTIONS;

export const prune = defineCommand({
  usage: '[OPTIONS]',
  options: {
    all: {
      type: 'boolean',
      alias: 'a',
      describe: 'images with a name too, if no container is made of them',
    },
    force: { type: 'boolean', alias: 'f', describe: 'do not ask' },
    'dry-run': { type: 'boolean', describe: 'say what would go, and how much that is' },
    only: {
      type: 'string',
      value: 'images|containers',
      choices: ['images', 'containers'],
      describe: 'leave the others alone',
    },
    filter: {
      type: 'strings',
      value: 'NAME=VALUE',
      describe: 'until=TIME (24h, 2026-01-01T00:00:00Z), label=KEY[=VALUE]',
    },
    format,
    json,
    output,
  },
  least: 0,
  most: 0,
  examples: ['cutaway prune --dry-run', 'cutaway prune --only images -a --filter until=24h'],
  async run(context, _none, options) {
    const wishes = readWishes(context, options);
    const store = await contextStore(context);
    const plan = planPruning(store, wishes);
    const { containers, blobs, unpacked } = plan.freed;
    const answer = {
      dryRun: options['dry-run'],
      containers: plan.containers.map(({ record: { id, name, image } }) => ({
        id,
        name,
        image: image.reference,
      })),
      images: plan.images.map(({ id, references }) => ({ id, references: [...references] })),
      blobs: [...plan.blobs],
      freed: { containers, blobs, unpacked, total: containers + blobs + unpacked },
    };
    if (!options['dry-run']) {
      if (!options.force && !(await isWanted(context, wishes, answer))) return 0;
      await carryOut(store, plan, wishes);
    }
    const subject = { kind: 'host', engine: 'cutaway', target: 'host' } as const;
    const document: PruneDocument = makeDocument(context.host, 'prune', subject, answer, []);
    const shown = { ...options, columns: undefined, 'no-trunc': false };
    showDocument(context, shown, { document, list: 'images', face: formatPrune });
    return 0;
  },
});

function readWishes(
  context: Context,
  { all, only, filter }: { all: boolean; only: string | undefined; filter: readonly string[] },
): PruneOptions {
  const labels: string[] = [];
  let until: number | undefined;
  for (const text of filter) {
    const at = text.indexOf('=');
    const [name, value] = [text.slice(0, at), text.slice(at + 1)];
    if (name === 'label') labels.push(value);
    else if (name === 'until') until = readMoment(context, value);
    else {
      throw new CutawayError('INVALID_INPUT', `prune: unknown filter "${text}"`, {
        hint: 'there are until=TIME and label=KEY[=VALUE]',
      });
    }
  }
  return {
    all,
    containers: only !== 'images',
    images: only !== 'containers',
    labels,
    platform: context.platform,
    onWait: () => {
      context.note('prune: waiting for an image that is on its way into the store');
    },
    ...(until === undefined ? {} : { until }),
  };
}

/** A span before now, seconds since the epoch, or a date. */
function readMoment({ host }: Context, text: string): number {
  if (/^\d{9,}(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  const time = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? host.now() - readDuration(text) / 1e6 : time;
}

/** What will go is said before it is asked for. */
async function isWanted(
  context: Context,
  { all, containers, images }: PruneOptions,
  answer: Pick<PruneDocument, 'containers' | 'images' | 'freed'>,
): Promise<boolean> {
  const { stdin, stderr } = context;
  if (!stdin.isTTY) {
    throw new CutawayError('INVALID_INPUT', 'prune: stdin is no terminal to ask on', {
      hint: '-f goes on without asking; --dry-run shows what would go',
    });
  }
  context.note('This will remove:');
  if (containers) context.note(`  - all stopped containers: ${answer.containers.length}`);
  const kind = all ? 'all images without a container' : 'all images without a name';
  if (images) context.note(`  - ${kind}: ${answer.images.length}`);
  context.note(`  ${formatSize(answer.freed.total)} in all`);
  stderr.write('Are you sure you want to continue? [y/N] ');
  const end = once(stdin, 'end').then(() => ['']);
  const [line] = (await Promise.race([once(stdin, 'data'), end])) as [Buffer | string];
  stdin.pause();
  return /^y(es)?\s*$/i.test(line.toString());
}
