import type { OpenFile } from '../../host/host.js';
import { openHttp, shownUrl } from '../../host/http.js';
import { fetchUrl, isUrl } from '../../image/fetch-url.js';
import { CutawayError } from '../../oci/error.js';
import { parsePlatform } from '../../oci/platform.js';
import { formatReference } from '../../oci/reference.js';
import { importImage } from '../../runtime/import-image.js';
import { cancelOnSignal } from '../cancel-on-signal.js';
import { defineCommand } from '../command.js';
import { contextStore, type Context } from '../context.js';
import { showLayerProgress } from '../progress.js';
import { CHANGE_OPTION, readName } from './commit.js';

export const importCommand = defineCommand({
  usage: '[OPTIONS] FILE|-|URL [NAME[:TAG]]',
  options: {
    ...CHANGE_OPTION,
    message: { type: 'string', alias: 'm', value: 'TEXT', describe: 'what it is, for its history' },
    platform: { type: 'string', value: 'OS/ARCH[/VARIANT]', describe: 'what its programs run on' },
    quiet: { type: 'boolean', alias: 'q', describe: 'no progress' },
  },
  least: 1,
  most: 2,
  examples: [
    'cutaway import root.tar.gz mine:1',
    'cutaway import http://localhost:8000/root.tar.gz mine:1',
    `cutaway export web | cutaway import -c 'CMD ["sh"]' - flat:1`,
  ],
  async run(context, [source = '', name], options) {
    const references = name === undefined ? [] : [formatReference(readName(name))];
    const { platform } = options;
    const store = await contextStore(context);
    const progress = showLayerProgress(context, 1, options.quiet);
    const id = await cancelOnSignal((signal) =>
      withBytes(context, source, signal, async (chunks) =>
        importImage(store, chunks, {
          what: isUrl(source)
            ? shownUrl(new URL(source))
            : source === '-'
              ? 'stdin'
              : `"${source}"`,
          changes: options.change,
          message:
            options.message ?? `Imported from ${isUrl(source) ? shownUrl(new URL(source)) : '-'}`,
          platform: platform === undefined ? context.platform : parsePlatform(platform),
          references,
          limits: context.limits,
          signal,
          onProgress: progress.report,
        }),
      ),
    );
    progress.end();
    context.print(`${id}\n`);
    return 0;
  },
});

async function withBytes<Value>(
  context: Context,
  source: string,
  signal: AbortSignal,
  action: (chunks: AsyncIterable<Buffer>) => Promise<Value>,
): Promise<Value> {
  if (source === '-') return await action(stdinBytes(context));
  if (isUrl(source)) {
    const http = openHttp();
    try {
      const { environment } = context.host;
      return await action(await fetchUrl(source, { http, environment, signal }));
    } finally {
      http.close();
    }
  }
  const file: OpenFile = context.host.openFile(context.host.realPath(source));
  try {
    return await action(file.stream() as AsyncIterable<Buffer>);
  } finally {
    file.close();
  }
}

function stdinBytes({ stdin }: Context): AsyncIterable<Buffer> {
  if (!stdin.isTTY) return stdin as AsyncIterable<Buffer>;
  throw new CutawayError('INVALID_INPUT', 'import: stdin is a terminal', {
    hint: 'name a file, or send one to it: cutaway import - NAME < FILE',
  });
}
