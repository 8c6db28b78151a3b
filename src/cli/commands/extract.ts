import { extractDocument, planExtract } from '../../inspect/extract.js';
import { CutawayError } from '../../oci/error.js';
import { formatExtract } from '../../report/extract-lines.js';
import { safeText } from '../../report/text.js';
import { Destination } from '../../runtime/destination.js';
import type { ExtractDocument } from '../../inspect/documents/extract.js';
import { defineCommand } from '../command.js';
import type { Context } from '../context.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';
import { writePlan } from '../write-plan.js';

const { format, json, columns } = DOCUMENT_OPTIONS;

export const extract = defineCommand({
  usage: 'TARGET PATH…',
  options: {
    output: {
      type: 'string',
      alias: 'C',
      value: 'DIR',
      describe: 'where to; else the current directory. Nothing is written outside of it',
    },
    layer: {
      type: 'string',
      value: 'N',
      describe: 'what layer N itself has, also what a later one deletes or changes',
    },
    links: { type: 'boolean', describe: 'write symlinks too; they may lead anywhere' },
    force: { type: 'boolean', alias: 'f', describe: 'replace files, enter directories' },
    preserve: {
      type: 'boolean',
      describe: 'owners, xattrs, setuid, setgid and sticky bits too (root only)',
    },
    format,
    json,
    columns,
    ...PLATFORM_OPTION,
  },
  least: 2,
  most: Infinity,
  examples: [
    'cutaway extract web /etc/nginx -C /tmp/evidence',
    'cutaway extract --layer 2 image.tar /usr/bin/tool',
  ],
  async run(context, [text = '', ...paths], options) {
    const { layer, links, force, preserve } = options;
    if (preserve && context.host.effectiveUid !== 0) {
      throw new CutawayError('PERMISSION_DENIED', 'only root can preserve owners');
    }
    const targets = await targetContext(context, options.platform);
    const document = await withTree(targets, text, async (target) => {
      const plan = await planExtract(targets, target, paths, { layer, links });
      const destination = new Destination(context.host, options.output ?? '.', { force, preserve });
      try {
        const result = await writePlan(destination, plan);
        return extractDocument(targets, target, plan, result);
      } finally {
        destination.close();
      }
    });
    const shown = { ...options, output: undefined, 'no-trunc': false };
    showDocument(context, shown, { document, list: 'written', face: formatExtract });
    tellFailures(context, document);
    return document.totals.failed > 0 ? 2 : 0;
  },
});

const FAILURES_SHOWN = 10;

function tellFailures(context: Context, { skipped, totals }: ExtractDocument): void {
  const failed = skipped.filter((one) => one.failed);
  for (const { path, message } of failed.slice(0, FAILURES_SHOWN)) {
    context.note(`cutaway extract: not written: ${safeText(path)}: ${safeText(message)}`);
  }
  const more = totals.failed - FAILURES_SHOWN;
  if (more > 0) context.note(`  and ${more} more: --json lists them all`);
}
