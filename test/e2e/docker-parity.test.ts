// The real Docker is the oracle: each row is given to it and to cutaway, and what the container sees
// of it, its status and what it says are held against each other.
import { readdirSync } from 'node:fs';
import t from 'tap';
import { cannotRun } from '../support/cli.js';
import { whyNoDocker } from '../support/docker.js';
import { compareRow, startEngines, type Engines, type Row } from '../support/parity.js';
import { basicRows } from './parity/basic-rows.js';
import { fileRows, makeShared } from './parity/file-rows.js';
import { limitRows } from './parity/limit-rows.js';
import { HOLDER_ARGUMENTS, namespaceRows, STOPPED_ARGUMENTS } from './parity/namespace-rows.js';
import { privilegeRows } from './parity/privilege-rows.js';

/** Rows at a time; each runs both engines side by side. */
const AT_ONCE = 2;

async function compareAll(): Promise<void> {
  const engines = await startEngines(t);
  makeShared(t, engines);
  for (const setUp of [HOLDER_ARGUMENTS, STOPPED_ARGUMENTS]) {
    engines.docker.run(setUp);
    await engines.cutaway.text(...setUp);
  }
  const groups: Readonly<Record<string, readonly Row[]>> = {
    basic: basicRows(engines),
    limits: limitRows(findDisk()),
    privilege: privilegeRows(engines),
    namespaces: namespaceRows(),
    files: fileRows(engines),
  };
  const only = process.env['CUTAWAY_PARITY_ONLY'];
  const all = Object.values(groups).flat();
  t.equal(new Set(all.map(({ what }) => what)).size, all.length, 'each row has a name of its own');
  for (const [group, rows] of Object.entries(groups)) {
    if (only !== undefined && only !== group) continue;
    await t.test(`${group}: ${rows.length} rows`, async (t) => compareGroup(t, engines, rows));
  }
}

async function compareGroup(t: Tap, engines: Engines, rows: readonly Row[]): Promise<void> {
  const waiting = [...rows];
  const work = async () => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      await compareRow(t, engines, row);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

function findDisk(): string {
  const name = readdirSync('/sys/class/block').find((one) =>
    /^(?:[sv]d[a-z]|nvme\dn\d)$/.test(one),
  );
  return `/dev/${name ?? 'loop0'}`;
}

type Tap = Parameters<typeof compareRow>[0];

const skip = whyNoDocker() ?? cannotRun('runc', 'busybox');
if (skip !== false) t.plan(0, skip);
else await compareAll();
