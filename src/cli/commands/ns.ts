import { inspectNamespaces } from '../../inspect/namespaces.js';
import type { ProcessSubject } from '../../inspect/procs.js';
import { formatNamespaces } from '../../report/ns-table.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { processSubject, runningSubjects } from '../process-subjects.js';
import { targetContext, withTarget } from '../targets.js';

export const ns = defineCommand({
  usage: '[TARGET…]',
  options: {
    ...DOCUMENT_OPTIONS,
    all: { type: 'boolean', alias: 'a', describe: 'every namespace of this machine, as lsns' },
  },
  least: 0,
  most: Infinity,
  examples: ['cutaway ns web', 'cutaway ns pid:1', 'cutaway ns'],
  async run(context, texts, options) {
    const targets = await targetContext(context);
    const running = runningSubjects(targets);
    const subjects: ProcessSubject[] = [];
    for (const text of texts) {
      const number = /^[1-9]\d*$/.test(text) ? `pid:${text}` : text;
      subjects.push(await withTarget(targets, number, processSubject));
    }
    const asked = texts.length > 0 ? subjects : options.all ? [] : running;
    const names = new Set(asked.map(({ subject }) => subject.target));
    const others = running.filter(({ subject }) => !names.has(subject.target));
    const document = inspectNamespaces(context.host, asked, { others });
    showDocument(context, options, { document, list: 'namespaces', face: formatNamespaces });
    return 0;
  },
});
