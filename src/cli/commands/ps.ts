import { inspectAll } from '../../inspect/ls.js';
import { formatContainers } from '../../report/ls-table.js';
import { defineCommand } from '../command.js';
import { contextStore } from '../context.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { targetContext } from '../targets.js';

export const ps = defineCommand({
  usage: '[OPTIONS]',
  options: {
    ...DOCUMENT_OPTIONS,
    all: { type: 'boolean', alias: 'a', describe: 'also those that do not run' },
    quiet: { type: 'boolean', alias: 'q', describe: 'ids only' },
  },
  least: 0,
  most: 0,
  async run(context, _none, options) {
    if (context.host.effectiveUid === 0) await contextStore(context);
    const everything = inspectAll(await targetContext(context, undefined, ['cutaway']));
    const containers = everything.containers.filter(
      ({ state }) => options.all || !['created', 'exited'].includes(state),
    );
    const problems = everything.problems.filter(({ code }) => code !== 'image-unreadable');
    if (options.quiet) {
      const ids = containers.map(({ id }) => (options['no-trunc'] ? id : id.slice(0, 12)));
      context.print(ids.map((id) => `${id}\n`).join(''));
      return 0;
    }
    showDocument(context, options, {
      document: { ...everything, containers, images: [], problems },
      list: 'containers',
      face: (answer, view) => formatContainers(answer.containers, view),
    });
    return 0;
  },
});
