import { topContainer } from '../../runtime/top-container.js';
import { resolveContainer } from '../../runtime/store/container-store.js';
import { formatTable } from '../../report/table.js';
import { safeText } from '../../report/text.js';
import { defineCommand } from '../command.js';
import { contextStore } from '../context.js';
import { contextView } from '../view.js';

export const top = defineCommand({
  usage: 'CONTAINER [PS OPTIONS]',
  options: {},
  least: 1,
  most: Infinity,
  stopsAtArgument: true,
  examples: ['cutaway top web', 'cutaway top web -o pid,rss,args'],
  async run(context, [name = '', ...psOptions]) {
    const store = await contextStore(context);
    const wanted = psOptions.length > 0 ? psOptions : ['-ef'];
    const table = await topContainer(store, resolveContainer(store, name), wanted);
    const text = formatTable(
      table.titles.map((title) => ({ title })),
      table.rows.map((row) => row.map(safeText)),
      contextView(context, { noTrunc: true }),
    );
    context.print(text);
    return 0;
  },
});
