import { inspectTree, type EntryKind } from '../../inspect/tree.js';
import { CutawayError } from '../../oci/error.js';
import { formatTree } from '../../report/tree-drawing.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';

export const tree = defineCommand({
  usage: 'TARGET [PATH]',
  options: {
    ...DOCUMENT_OPTIONS,
    ...PLATFORM_OPTION,
    depth: { type: 'string', value: 'N', describe: 'levels beneath PATH that the table draws' },
    sort: {
      type: 'string',
      value: 'name|size',
      choices: ['name', 'size'],
      describe: 'by name, or the largest first, directories by what is beneath',
    },
    filter: {
      type: 'strings',
      value: 'GLOB',
      describe: 'only what matches and what is beneath; * ? ** [a-z] {a,b}, repeatable',
    },
    kind: {
      type: 'strings',
      value: 'A,B,…',
      describe: 'only file, directory, symlink, char, block, fifo, socket',
    },
    layer: { type: 'string', value: 'N', describe: 'only what comes from layer N' },
    whiteouts: { type: 'boolean', describe: 'layer N as it lies, with what it deletes' },
    hash: { type: 'boolean', describe: 'read what a container has written for its sha256' },
  },
  least: 1,
  most: 2,
  examples: [
    'cutaway tree --depth 1 --sort size busybox',
    "cutaway tree --filter '*.conf' web /etc",
    'cutaway tree --layer 3 --whiteouts busybox',
  ],
  async run(context, [text = '', path = '/'], options) {
    const depth = readDepth(options.depth);
    const kinds = readKinds(options.kind);
    const { hash, filter: filters, layer, whiteouts } = options;
    const sort = options.sort === 'size' ? 'size' : 'name';
    const targets = await targetContext(context, options.platform);
    const document = await withTree(targets, text, (target) =>
      inspectTree(targets, target, { path, hash, layer, filters, kinds, sort, whiteouts }),
    );
    showDocument(context, options, {
      document,
      list: 'entries',
      face: (answer, view) => formatTree(answer, { ...view, depth }),
    });
    return 0;
  },
});

function readDepth(text: string | undefined): number {
  if (text === undefined) return Infinity;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new CutawayError('INVALID_INPUT', `--depth is a number, not "${text}"`);
}

const KINDS: readonly EntryKind[] = [
  'file',
  'directory',
  'symlink',
  'char',
  'block',
  'fifo',
  'socket',
];

function readKinds(texts: readonly string[]): EntryKind[] {
  return texts
    .flatMap((text) => text.split(','))
    .map((word) => {
      const kind = KINDS.find((known) => known === word.trim());
      if (kind !== undefined) return kind;
      throw new CutawayError('INVALID_INPUT', `--kind knows no "${word}"`, {
        hint: `there are ${KINDS.join(', ')}`,
      });
    });
}
