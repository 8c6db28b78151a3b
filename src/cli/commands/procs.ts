import { inspectProcesses } from '../../inspect/procs.js';
import type { ProcsDocument } from '../../inspect/documents/procs.js';
import { formatProcs } from '../../report/procs-table.js';
import type { View } from '../../report/theme.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { processSubject } from '../process-subjects.js';
import { targetContext, withTarget } from '../targets.js';

const HOST = { kind: 'host', engine: 'host', target: 'host' } as const;

export const procs = defineCommand({
  usage: '[TARGET]',
  options: {
    ...DOCUMENT_OPTIONS,
    details: {
      type: 'boolean',
      alias: 'd',
      describe:
        'below the table a block for each process: program, capabilities, cgroup, sockets; without a TARGET of every process',
    },
  },
  least: 0,
  most: 1,
  examples: ['cutaway procs web', 'cutaway procs web --details', 'cutaway procs'],
  async run(context, [text], options) {
    const document =
      text === undefined
        ? inspectProcesses(context.host, { subject: HOST }, { details: options.details })
        : await withTarget(await targetContext(context), text, (target) =>
            inspectProcesses(context.host, processSubject(target)),
          );
    const face = (answer: ProcsDocument, view: View) =>
      formatProcs(answer, view, { details: options.details });
    showDocument(context, options, { document, list: 'processes', face });
    return 0;
  },
});
