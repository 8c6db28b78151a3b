// JSON that is too much, not what it seems, or speaks to the terminal.
import { archiveOf, buildLayer, sha256 } from '../../support/build-image.js';
import { evidence, type HostileCase } from '../hostile-case.js';

const LAYER = buildLayer([{ path: 'a', content: 'content' }]);
const ROOTFS = { type: 'layers', diff_ids: [sha256(LAYER)] };
const CONFIG = { architecture: 'amd64', os: 'linux', config: {}, rootfs: ROOTFS };

/** An image with exactly this config. */
const configured =
  (config: Buffer | string) =>
  (directory: string): string =>
    evidence(
      directory,
      archiveOf(
        new Map([
          ['c.json', Buffer.from(config)],
          ['1.tar', LAYER],
          [
            'manifest.json',
            Buffer.from('[{"Config":"c.json","RepoTags":["evil:1"],"Layers":["1.tar"]}]'),
          ],
        ]),
      ),
    );

const withConfig = (more: object) => configured(JSON.stringify({ ...CONFIG, ...more }));
const CODES = '\x1b[2J\x1b]0;owned\x07\r\n\u009b31m\u202e\u200b';

export const DOCUMENT_CASES: readonly HostileCase[] = [
  {
    name: 'history-long',
    trick: 'a hundred thousand steps of history',
    evidence: 'diffoci#99, jenkins-library PR #3652',
    make: withConfig({
      history: Array.from({ length: 100_000 }, (_, at) => ({
        created_by: `step ${at}`,
        empty_layer: at > 0,
      })),
    }),
    expect: {
      problems: [],
      entries: ['f /a'],
      check: ({ layers }) => (layers?.history.length === 100_000 ? undefined : 'history is cut'),
    },
  },
  {
    name: 'history-mismatch',
    trick: 'fewer steps of history than layers, and more',
    evidence: 'jenkins-library PR #3652: kaniko',
    make: withConfig({
      history: [{ created_by: 'one' }, { created_by: 'two' }, { created_by: 'three' }],
    }),
    expect: { entries: ['f /a'], problems: [] },
  },
  {
    name: 'history-codes',
    trick: 'commands, comments and authors that drive a terminal',
    evidence: 'CVE-2021-25743 (kubectl), vercel/ai PR #20052',
    make: withConfig({
      author: CODES,
      created: '2024-01-01T00:00:00Z',
      history: [
        {
          created_by: `RUN ${CODES}`,
          comment: CODES,
          author: CODES,
          created: '2024-01-01T00:00:00Z',
        },
      ],
    }),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'config-codes',
    trick: 'labels, environment, user and paths that drive a terminal',
    evidence: 'CVE-2021-25743 (kubectl)',
    make: withConfig({
      config: {
        Env: [`A=${CODES}`, CODES],
        Labels: { [CODES]: CODES },
        User: CODES,
        WorkingDir: `/${CODES}`,
        Cmd: [CODES],
        Volumes: { [CODES]: {} },
        ExposedPorts: { [CODES]: {} },
      },
    }),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'platform-codes',
    trick: 'an architecture that drives a terminal',
    evidence: 'CVE-2021-25743 (kubectl)',
    make: configured(JSON.stringify({ ...CONFIG, 'os.version': CODES, 'os.features': [CODES] })),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'json-deep',
    trick: 'a hundred thousand brackets within each other',
    evidence: 'node: JSON.parse overflows the stack',
    make: configured('['.repeat(100_000) + ']'.repeat(100_000)),
    expect: { refused: /nested deeper than the limit of 64$/ },
  },
  {
    name: 'json-deep-in-extension',
    trick: 'the same in a key that nobody reads',
    evidence: 'node: JSON.parse overflows the stack',
    make: configured(
      JSON.stringify(CONFIG).replace(
        /\}$/,
        `,"x":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`,
      ),
    ),
    expect: { refused: /nested deeper than the limit of 64$/ },
  },
  {
    name: 'json-duplicate-keys',
    trick: 'a key twice: some readers take the first, some the last',
    evidence: 'CVE-2017-12635 (CouchDB), RFC 8259 4',
    make: configured(JSON.stringify(CONFIG).replace('"os":"linux"', '"os":"windows","os":"linux"')),
    expect: { entries: ['f /a'], problems: [] },
  },
  {
    name: 'json-prototype',
    trick: 'keys that are names of every object',
    evidence: 'prototype pollution, CVE-2019-10744 (lodash)',
    make: configured(
      JSON.stringify(CONFIG).replace(
        /^\{/,
        '{"__proto__":{"rootfs":1,"polluted":true},"constructor":{"prototype":{"x":1}},"toString":1,',
      ),
    ),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'json-not-utf8',
    trick: 'bytes that are no UTF-8 within a text',
    evidence: 'RFC 8259 8.1',
    make: configured(
      Buffer.concat([
        Buffer.from('{"architecture":"amd64","os":"'),
        Buffer.from([0xff, 0xc0, 0x80]),
        Buffer.from('"}'),
      ]),
    ),
    expect: { refused: /not JSON: not valid UTF-8$/ },
  },
  {
    name: 'json-other-encodings',
    trick: 'UTF-16, a byte order mark, NUL bytes',
    evidence: 'RFC 8259 8.1',
    make: configured(Buffer.from(`\ufeff${JSON.stringify(CONFIG)}`, 'utf16le')),
    expect: { refused: /not JSON/ },
  },
  {
    name: 'json-numbers',
    trick: 'numbers that no double holds',
    evidence: 'RFC 8259 6',
    make: configured(JSON.stringify(CONFIG).replace(/\}$/, `,"n":${'9'.repeat(400)},"m":1e400}`)),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'json-truncated',
    trick: 'a document that stops',
    evidence: 'style: damaged evidence',
    make: configured(JSON.stringify(CONFIG).slice(0, -10)),
    expect: { refused: /not JSON/ },
  },
  {
    name: 'json-other-kinds',
    trick: 'a text, a number, null where an object should be',
    evidence: 'CVE-2021-41190: shape is not checked',
    make: configured('"\x1b[31mconfig"'),
    expect: { refused: /not an object|not JSON/ },
  },
  {
    name: 'json-wrong-types',
    trick: 'fields of other types than they have',
    evidence: 'CVE-2021-41190: shape is not checked',
    make: withConfig({ rootfs: { type: 'layers', diff_ids: { length: 1, 0: 'x' } } }),
    expect: { refused: /diff_ids/ },
  },
  {
    name: 'json-whitespace',
    trick: 'seven megabytes of spaces',
    evidence: 'diffoci#99',
    make: configured(`${' '.repeat(7 << 20)}${JSON.stringify(CONFIG)}`),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'json-limit',
    trick: 'nine megabytes, with the limit raised',
    evidence: 'diffoci#99',
    make: withConfig({ x: 'x'.repeat(9 << 20) }),
    options: ['--limit', 'documentSize=16M'],
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'diff-ids-not-digests',
    trick: 'diff_ids that are paths',
    evidence: 'CVE-2024-3727 (containers/image)',
    make: withConfig({ rootfs: { type: 'layers', diff_ids: ['sha256:../../../../tmp/x'] } }),
    expect: { refused: /diff_ids/ },
  },
  {
    name: 'diff-ids-sha512',
    trick: 'a diff_id of another algorithm',
    evidence: 'image-spec descriptor.md#registered-algorithms',
    make: withConfig({ rootfs: { type: 'layers', diff_ids: [`sha512:${'a'.repeat(128)}`] } }),
    expect: { refused: /sha512/ },
  },
  {
    name: 'created-odd',
    trick: 'dates that are none',
    evidence: 'kaniko, reproducible builds: 0001-01-01, 1970, 9999',
    make: withConfig({
      created: '0001-01-01T00:00:00Z',
      history: [{ created: `soon${CODES}`, created_by: 'x' }],
    }),
    expect: { entries: ['f /a'], problems: [] },
  },
];
