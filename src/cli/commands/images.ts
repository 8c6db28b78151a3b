import { inspectImages } from '../../inspect/images.js';
import {
  formatImages,
  IMAGE_TITLES,
  imageTemplateRows,
  type ImagesTableOptions,
} from '../../report/images-table.js';
import { formatImagesTree } from '../../report/images-tree.js';
import { shortID } from '../../report/short.js';
import { formatTemplateRows } from '../../report/template-rows.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { targetContext } from '../targets.js';
import { isTemplate, TEMPLATE_FORMAT } from '../template-format.js';

export const images = defineCommand({
  usage: '[OPTIONS] [NAME[:TAG]]',
  options: {
    ...DOCUMENT_OPTIONS,
    format: TEMPLATE_FORMAT,
    all: { type: 'boolean', alias: 'a', describe: 'as in Docker; here nothing is hidden' },
    quiet: { type: 'boolean', alias: 'q', describe: 'ids only' },
    digests: { type: 'boolean', describe: 'digests of the manifests too' },
    size: {
      type: 'boolean',
      alias: 's',
      describe: 'what of each is shared, and what unique to it',
    },
    tree: { type: 'boolean', describe: 'which images stand on which, by chainID' },
    filter: {
      type: 'strings',
      alias: 'f',
      value: 'NAME=VALUE',
      describe: 'reference=PATTERN, label=KEY[=VALUE], before=IMAGE, since=IMAGE, dangling=true',
    },
  },
  least: 0,
  most: 1,
  examples: [
    'cutaway images --size',
    'cutaway images --tree',
    'cutaway images -q --filter dangling=true',
    "cutaway images --format '{{.Repository}}:{{.Tag}} {{.ID}}'",
  ],
  async run(context, [name], options) {
    const filters = options.filter;
    const document = inspectImages(await targetContext(context, undefined, ['cutaway']), {
      filters,
      name,
    });
    const shown = { ...options, format: isTemplate(options.format) ? 'table' : options.format };
    const table: ImagesTableOptions = { digests: options.digests, sizes: options.size };
    showDocument(context, shown, {
      document,
      list: 'images',
      face: (answer, view) => {
        const { format } = options;
        if (options.quiet) return answer.images.map(({ id }) => `${shortID(id, view)}\n`).join('');
        if (isTemplate(format)) {
          return formatTemplateRows(format, imageTemplateRows(answer, view), IMAGE_TITLES, view);
        }
        return options.tree ? formatImagesTree(answer, view) : formatImages(answer, table, view);
      },
    });
    return 0;
  },
});
