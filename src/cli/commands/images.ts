import { inspectAll } from '../../inspect/ls.js';
import { formatImages } from '../../report/ls-table.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { targetContext } from '../targets.js';

export const images = defineCommand({
  usage: '[OPTIONS]',
  options: {
    ...DOCUMENT_OPTIONS,
    quiet: { type: 'boolean', alias: 'q', describe: 'ids only' },
  },
  least: 0,
  most: 0,
  async run(context, _none, options) {
    const everything = inspectAll(await targetContext(context, undefined, ['cutaway']));
    const problems = everything.problems.filter(({ code }) => code !== 'container-unreadable');
    if (options.quiet) {
      const ids = everything.images.map(({ id }) =>
        options['no-trunc'] ? id : id.slice('sha256:'.length, 'sha256:'.length + 12),
      );
      context.print(ids.map((id) => `${id}\n`).join(''));
      return 0;
    }
    showDocument(context, options, {
      document: { ...everything, containers: [], problems },
      list: 'images',
      face: (answer, view) => formatImages(answer.images, view),
    });
    return 0;
  },
});
