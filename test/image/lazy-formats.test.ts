// Layers made to be pulled piece by piece are ordinary layers to who reads them whole.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import t from 'tap';
import { formatIndexFile } from '../../src/overlay/index-file.js';
import { indexTar } from '../../src/overlay/index-tar.js';
import { indexLayer } from '../../src/overlay/index-layer.js';
import { buildDockerArchive, buildLayer } from '../support/build-image.js';
import { cannotRun } from '../support/cli.js';
import { chosen } from '../support/open-image.js';
import { mixedContent } from '../support/random-blob.js';

const FILES = Array.from({ length: 40 }, (_, at) => ({
  path: `usr/lib/file-${at}`,
  content: mixedContent(at * 977, at + 1),
}));

t.test('zstd:chunked, as skopeo makes it', { skip: cannotRun('skopeo') }, async (t) => {
  const top = t.testdir();
  const layer = buildLayer(FILES);
  writeFileSync(`${top}/plain.tar`, buildDockerArchive([{ layers: [layer], tags: ['a:1'] }]));
  const wanted = ['--dest-compress-format', 'zstd:chunked'];
  const copy = [`docker-archive:${top}/plain.tar`, `oci:${top}/chunked:1`];
  execFileSync('skopeo', ['copy', '--quiet', ...wanted, ...copy]);
  const [chunked] = (await chosen(`${top}/chunked`)).layers;
  t.match(chunked?.descriptor.mediaType, /zstd/);
  const { index, problems } = await indexLayer(chunked!);
  t.same(problems, [], 'its table of contents, in frames that are skipped, is no trailing data');
  t.same(formatIndexFile(index), formatIndexFile(await indexTar(Readable.from([layer]))));
});
