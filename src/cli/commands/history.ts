import { inspectHistory } from '../../inspect/history.js';
import {
  formatHistory,
  HISTORY_TITLES,
  historyIDs,
  historyTemplateRows,
} from '../../report/history-table.js';
import { formatTemplateRows } from '../../report/template-rows.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';
import { isTemplate, TEMPLATE_FORMAT } from '../template-format.js';

export const history = defineCommand({
  usage: '[OPTIONS] TARGET',
  options: {
    ...DOCUMENT_OPTIONS,
    format: TEMPLATE_FORMAT,
    quiet: { type: 'boolean', alias: 'q', describe: 'ids only' },
    ...PLATFORM_OPTION,
  },
  least: 1,
  most: 1,
  examples: [
    'cutaway history web:1',
    "cutaway history --no-trunc --format '{{.CreatedBy}}' docker-archive:image.tar",
  ],
  async run(context, [text = ''], options) {
    const { format, quiet } = options;
    const targets = await targetContext(context, options.platform);
    const document = await withTree(targets, text, (target) => inspectHistory(targets, target));
    const shown = { ...options, format: isTemplate(format) ? 'table' : format };
    showDocument(context, shown, {
      document,
      list: 'steps',
      face: (answer, view) => {
        if (quiet) return historyIDs(answer, view);
        if (!isTemplate(format)) return formatHistory(answer, view);
        const rows = historyTemplateRows(answer, view);
        return formatTemplateRows(format, rows, HISTORY_TITLES, view);
      },
    });
    return 0;
  },
});
