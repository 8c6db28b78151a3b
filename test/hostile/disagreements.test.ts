// Where readers of tar differ, somebody can be shown one thing and another given. Whatever the
// readers on this machine disagree on, we must complain of; what they agree on, we read like them.
import t from 'tap';
import { CutawayError, hasCode } from '../../src/oci/error.js';
import { encodeName } from '../../src/oci/byte-name.js';
import { indexOf } from '../support/index-layer.js';
import { readTar } from '../support/read-tar.js';
import { DISAGREEMENTS, PLAIN } from './cases/disagreements.js';
import { findReferees, reading, type Reading } from './referees.js';

const referees = findReferees();
for (const name of ['GNU tar', 'bsdtar', 'python3 tarfile']) {
  if (referees.some((referee) => referee.name === name)) continue;
  void t.test(`${name} as a referee`, { skip: `no ${name} here` }, () => undefined);
}

function ours(bytes: Buffer): Reading {
  try {
    const { entries } = readTar(bytes);
    const latin1 = (name: string | undefined) => encodeName(name ?? '').toString('latin1');
    const seen = entries
      .filter(({ type }) => type !== 'other')
      .map(({ type, name, realSize, linkName }) =>
        reading(type, latin1(name), String(realSize), latin1(linkName)),
      );
    return { entries: seen, failed: false };
  } catch (error) {
    if (error instanceof CutawayError) return { entries: [], failed: true };
    throw error;
  }
}

/** The codes of what we complain of; "refused" where we read nothing. */
async function complaints(bytes: Buffer): Promise<string[]> {
  try {
    return (await indexOf(bytes)).problems.map(({ code }) => code);
  } catch (error) {
    if (hasCode(error, 'CORRUPT', 'LIMIT_EXCEEDED')) return ['refused'];
    throw error;
  }
}

await t.test('what all read alike is not complained of', async (t) => {
  for (const [name, bytes] of Object.entries(PLAIN)) {
    t.same(await complaints(bytes), [], name);
    for (const referee of referees)
      t.same(ours(bytes), referee.read(bytes), `${name}: ${referee.name}`);
  }
});

await t.test('what they read differently is', async (t) => {
  let differing = 0;
  for (const [name, bytes] of Object.entries(DISAGREEMENTS)) {
    const readings = [...referees.map(({ read }) => read(bytes)), ours(bytes)];
    const distinct = new Set(readings.map((each) => JSON.stringify(each)));
    if (distinct.size === 1) continue;
    differing += 1;
    t.not((await complaints(bytes)).length, 0, `${name}: ${[...distinct].join(' | ')}`);
  }
  t.ok(referees.length < 2 || differing > 30, `readers differ on ${differing} of these`);
});
