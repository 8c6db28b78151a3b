import { inspectHost } from '../../inspect/doctor.js';
import { formatDoctor } from '../../report/doctor-table.js';
import { defineCommand } from '../command.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';

export const doctor = defineCommand({
  usage: '',
  options: DOCUMENT_OPTIONS,
  least: 0,
  most: 0,
  async run(context, _none, options) {
    const document = await inspectHost(context.host, context.dataRoot);
    showDocument(context, options, { document, list: 'checks', face: formatDoctor });
    return 0;
  },
});
