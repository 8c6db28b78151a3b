import { inspectProcesses } from '../../inspect/procs.js';
import { formatProcs } from '../../report/procs-table.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { processSubject } from '../process-subjects.js';
import { targetContext, withTarget } from '../targets.js';

export const procs = defineCommand({
  usage: '[TARGET]',
  options: DOCUMENT_OPTIONS,
  least: 0,
  most: 1,
  examples: ['cutaway procs web', 'cutaway procs pid:1', 'cutaway procs'],
  async run(context, [text], options) {
    const document =
      text === undefined
        ? inspectProcesses(context.host, {
            subject: { kind: 'host', engine: 'host', target: 'host' },
          })
        : await withTarget(await targetContext(context), text, (target) =>
            inspectProcesses(context.host, processSubject(target)),
          );
    showDocument(context, options, { document, list: 'processes', face: formatProcs });
    return 0;
  },
});
