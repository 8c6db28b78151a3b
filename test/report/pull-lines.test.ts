import t from 'tap';
import { isFinalPullLine, pullLine, type PullLine } from '../../src/report/pull-lines.js';

const line = (state: PullLine['state'], bytes = 0): PullLine => ({
  id: 'a1b2c3d4e5f6',
  size: 2_000_000,
  state,
  bytes,
});

t.test("in the words of Docker's client", (t) => {
  t.equal(pullLine(line('pulling'), 80), 'a1b2c3d4e5f6: Pulling fs layer');
  t.equal(pullLine(line('verifying'), 80), 'a1b2c3d4e5f6: Verifying Checksum');
  t.equal(pullLine(line('exists'), 80), 'a1b2c3d4e5f6: Already exists');
  t.same(
    ['complete', 'exists', 'downloaded'].map((state) => isFinalPullLine(line(state as 'exists'))),
    [true, true, false],
  );
  t.end();
});

t.test('a bar as long as there is room', (t) => {
  const half = line('downloading', 1_000_000);
  t.equal(
    pullLine(half, 200),
    `a1b2c3d4e5f6: Downloading [${'='.repeat(24)}>${' '.repeat(25)}] 1 MB/2 MB`,
  );
  t.equal(pullLine(half, 50), 'a1b2c3d4e5f6: Downloading [=====>      ] 1 MB/2 MB');
  t.equal(pullLine(half, 40), 'a1b2c3d4e5f6: Downloading 1 MB/2 MB');
  t.equal(pullLine(half, 20), 'a1b2c3d4e5f6: Downlo');
  t.match(pullLine(line('extracting', 0), 80), /Extracting \[ +\] 0 B\/2 MB$/);
  t.match(pullLine(line('extracting', 3_000_000), 80), /\[=+>\] 3 MB\/2 MB$/, 'no longer than all');
  t.match(pullLine({ ...line('downloading'), size: 0 }, 80), /\[=+>\] 0 B\/0 B$/);
  for (let width = 0; width < 120; width += 1) t.ok(pullLine(half, width).length <= width);
  t.end();
});
