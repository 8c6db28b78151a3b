import type { VerifyDocument } from '../../inspect/documents/verify.js';
import { inspectIntegrity, inspectStores } from '../../inspect/verify.js';
import { CutawayError } from '../../oci/error.js';
import { formatVerify } from '../../report/verify-table.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { showVerifyProgress } from '../progress.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';

const STATUS: Readonly<Record<VerifyDocument['verdict'], number>> = {
  good: 0,
  findings: 1,
  incomplete: 2,
};

export const verify = defineCommand({
  usage: '[TARGET]',
  options: {
    ...DOCUMENT_OPTIONS,
    ...PLATFORM_OPTION,
    layers: {
      type: 'boolean',
      describe: 'without TARGET: also compare the layers of every image, each once',
    },
    quiet: { type: 'boolean', alias: 'q', describe: 'no progress' },
  },
  least: 0,
  most: 1,
  examples: [
    'cutaway verify web',
    'cutaway verify docker:debian:12 --json | jq .findings',
    'cutaway verify docker-archive:image.tar',
    'cutaway verify --engine docker --layers',
  ],
  async run(context, [text], options) {
    if (text !== undefined && options.layers) {
      throw new CutawayError('INVALID_INPUT', '--layers is for whole stores, without a TARGET');
    }
    const targets = await targetContext(context, options.platform);
    const progress = showVerifyProgress(context, options.quiet);
    const onProgress = progress.report;
    let document: VerifyDocument;
    try {
      document =
        text === undefined
          ? await inspectStores(targets, { layers: options.layers, onProgress })
          : await withTree(targets, text, (target) =>
              inspectIntegrity(targets, target, { onProgress }),
            );
    } finally {
      progress.end();
    }
    showDocument(context, options, { document, list: 'findings', face: formatVerify });
    return STATUS[document.verdict];
  },
});
