import { inspectDiff } from '../../inspect/diff.js';
import type { DiffDocument } from '../../inspect/documents/diff.js';
import { CutawayError } from '../../oci/error.js';
import { formatDiff } from '../../report/diff-lines.js';
import { formatDiffStat } from '../../report/diff-stat.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';

export const diff = defineCommand({
  usage: 'TARGET [TARGET]',
  options: {
    ...DOCUMENT_OPTIONS,
    ...PLATFORM_OPTION,
    only: { type: 'strings', value: 'A,C,D', describe: 'only what was added, changed, deleted' },
    path: {
      type: 'strings',
      value: 'GLOB',
      describe: 'only what matches and what is beneath; * ? ** [a-z] {a,b}, repeatable',
    },
    ignore: { type: 'strings', value: 'GLOB', describe: 'nothing that matches; repeatable' },
    stat: { type: 'boolean', describe: 'counts and bytes of each top directory' },
    content: { type: 'boolean', describe: 'text files line by line, as a unified diff' },
    time: { type: 'boolean', describe: 'report also what differs in its modification time only' },
    'exit-code': { type: 'boolean', describe: 'exit with 1 when there are differences' },
  },
  least: 1,
  most: 2,
  examples: [
    'cutaway diff web',
    'cutaway diff --content --path /etc web',
    'cutaway diff busybox@2',
    'cutaway diff --stat busybox docker-archive:other.tar',
  ],
  async run(context, [first = '', second], options) {
    const targets = await targetContext(context, options.platform);
    const { time, content, path: paths, ignore: ignored } = options;
    const asked = { time, content, paths, ignored, kinds: readKinds(options.only) };
    const document: DiffDocument = await withTree(targets, first, async (before) =>
      second === undefined
        ? await inspectDiff(targets, before, undefined, asked)
        : await withTree(targets, second, (after) => inspectDiff(targets, before, after, asked)),
    );
    const face = options.stat ? formatDiffStat : formatDiff;
    showDocument(context, options, { document, list: 'changes', face });
    const count = document.changes.length + (document.config?.length ?? 0);
    return options['exit-code'] && count > 0 ? 1 : 0;
  },
});

const KINDS = ['A', 'C', 'D'] as const;

function readKinds(texts: readonly string[]): (typeof KINDS)[number][] {
  return texts
    .flatMap((text) => text.split(','))
    .map((word) => {
      const kind = KINDS.find((known) => known === word.trim().toUpperCase());
      if (kind !== undefined) return kind;
      throw new CutawayError('INVALID_INPUT', `--only is of A, C and D, not "${word}"`);
    });
}
