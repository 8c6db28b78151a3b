import t from 'tap';
import { alignHistory, commandOf } from '../../src/oci/history.js';
import type { HistoryEntry } from '../../src/oci/image-config.js';

const made = (created_by: string): HistoryEntry => ({ created_by });
const empty = (created_by: string): HistoryEntry => ({ created_by, empty_layer: true });
const names = (layers: readonly (HistoryEntry | undefined)[]) =>
  layers.map((entry) => entry?.created_by);

t.test('empty steps make no layer', (t) => {
  const history = [
    empty('ARG'),
    made('a'),
    empty('ENV'),
    { created_by: 'b', empty_layer: false },
    empty('CMD'),
  ];
  const { layers, problems } = alignHistory(history, 2);
  t.same(names(layers), ['a', 'b']);
  t.same(problems, []);
  t.same(alignHistory([], 0), { layers: [], problems: [] });
  t.same(alignHistory([empty('CMD')], 0), { layers: [], problems: [] });
  t.end();
});

t.test('counts that do not match', (t) => {
  const rows: [history: HistoryEntry[], count: number, expected: unknown[], message: string][] = [
    [[], 2, [undefined, undefined], 'the image has no history for its 2 layers'],
    [
      [made('a'), empty('ENV')],
      3,
      ['a', undefined, undefined],
      '1 history entry for 3 layers: which made which is a guess',
    ],
    [
      [made('a'), made('b'), made('c')],
      1,
      ['a'],
      '3 history entries for 1 layer: which made which is a guess',
    ],
    [
      [made('a'), empty('b')],
      2,
      ['a', 'b'],
      '1 history entry for 2 layers: which made which is a guess',
    ],
    [[made('a')], 0, [], '1 history entry for 0 layers: which made which is a guess'],
  ];
  for (const [history, count, expected, message] of rows) {
    const { layers, problems } = alignHistory(history, count);
    t.same(names(layers), expected, message);
    t.same(problems, [{ code: 'history-count-mismatch', message, path: '$.history' }]);
  }
  t.end();
});

t.test('what people want to read', (t) => {
  const rows: [raw: string, text: string][] = [
    ['/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'],
    ['/bin/sh -c #(nop) ADD file:4eedf861fb567fff in / ', 'ADD file:4eedf861fb567fff in /'],
    ['cmd /S /C #(nop) CMD ["cmd"]', 'CMD ["cmd"]'],
    ['/bin/sh -c apt-get update', 'RUN apt-get update'],
    ['RUN /bin/sh -c apt-get update # buildkit', 'RUN apt-get update'],
    ['|1 A=b /bin/sh -c make', 'RUN make'],
    ['|2 A=b c=d e /bin/sh -c make', 'RUN make'],
    ['RUN |1 VERSION=1.2 /bin/sh -c make install # buildkit', 'RUN make install'],
    ['RUN /bin/bash -o pipefail -c a | b # buildkit', 'RUN /bin/bash -o pipefail -c a | b'],
    ['RUN |1 A=b /bin/bash -c make', 'RUN |1 A=b /bin/bash -c make'],
    ['COPY . /app # buildkit', 'COPY . /app'],
    ['CMD ["/bin/sh"]', 'CMD ["/bin/sh"]'],
    [
      '/bin/sh -c apt-get update \t&& apt-get \\\n  install git',
      'RUN apt-get update && apt-get \\ install git',
    ],
    ['bazel build ...', 'bazel build ...'],
    ['/bin/bash', '/bin/bash'],
    ['/bin/sh -c rm -rf /x #(nop) COPY a', 'RUN rm -rf /x #(nop) COPY a'],
    ['|1 A=x /bin/sh -c evil /bin/sh -c make', 'RUN evil /bin/sh -c make'],
    ['', ''],
  ];
  for (const [raw, text] of rows) t.equal(commandOf(made(raw)), text, JSON.stringify(raw));
  t.end();
});

t.test('without a command the comment speaks, and nothing is nothing', (t) => {
  t.equal(commandOf({ created_by: '', comment: 'Imported from -' }), 'Imported from -');
  t.equal(commandOf({ comment: 'buildkit.dockerfile.v0' }), 'buildkit.dockerfile.v0');
  t.equal(commandOf({}), '');
  t.equal(commandOf(undefined), '');
  t.end();
});
