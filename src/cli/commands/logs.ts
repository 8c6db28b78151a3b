import { CutawayError } from '../../oci/error.js';
import { readLog, type LogRecord } from '../../runtime/log/read-log.js';
import { isBusy } from '../../runtime/running.js';
import { findContainer, resolveContainer } from '../../runtime/store/container-store.js';
import { containerPaths } from '../../runtime/store/paths.js';
import { readStore } from '../../runtime/store/store.js';
import { defineCommand } from '../command.js';
import type { Context } from '../context.js';
import { readLogTime } from '../log-time.js';

export const logs = defineCommand({
  usage: '[OPTIONS] CONTAINER',
  options: {
    follow: { type: 'boolean', alias: 'f', describe: 'stay, and show what comes' },
    tail: { type: 'string', alias: 'n', value: 'N|all', describe: 'only the last N lines' },
    since: { type: 'string', value: 'TIME|SPAN', describe: 'only what came then or later' },
    until: { type: 'string', value: 'TIME|SPAN', describe: 'only what came then or earlier' },
    timestamps: { type: 'boolean', alias: 't', describe: 'the time before each line' },
    details: { type: 'boolean', describe: 'as in Docker; there are none' },
  },
  least: 1,
  most: 1,
  examples: ['cutaway logs -f --tail 10 web', 'cutaway logs --since 10m web'],
  async run(context, [name = ''], options) {
    const { host } = context;
    const store = readStore(host, context.dataRoot);
    const { record } = resolveContainer(store, name);
    const since = readLogTime('--since', options.since, host.now());
    const until = readLogTime('--until', options.until, host.now());
    const tail = readTail(options.tail);
    const choice = {
      ...(tail === undefined ? {} : { tail }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
    };
    const isOver = () => {
      const container = findContainer(store, record.id);
      return container === undefined || !isBusy(store, container);
    };
    const { log } = containerPaths(store.paths, record.id);
    const batches = readLog(host, log, choice, options.follow ? isOver : undefined);
    for await (const records of batches) await show(context, records, options.timestamps);
    return 0;
  },
});

async function show(
  context: Context,
  records: readonly LogRecord[],
  timestamps: boolean,
): Promise<void> {
  const line = ({ log, time }: LogRecord) => (timestamps ? `${time} ${log}` : log);
  for (let at = 0; at < records.length;) {
    const stream = records[at]?.stream ?? 'stdout';
    const next = records.findIndex((record, index) => index > at && record.stream !== stream);
    const end = next < 0 ? records.length : next;
    const text = records.slice(at, end).map(line).join('');
    if (!context[stream].write(text)) {
      await new Promise((resolve) => context[stream].once('drain', resolve));
    }
    at = end;
  }
}

function readTail(text: string | undefined): number | undefined {
  if (text === undefined || text === 'all') return undefined;
  if (/^-[0-9]+$/.test(text)) return undefined;
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw new CutawayError(
    'INVALID_INPUT',
    `--tail takes a number of lines or "all", not "${text}"`,
    {
      data: { usage: true },
    },
  );
}
