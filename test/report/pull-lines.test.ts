import t from 'tap';
import { layerLineText } from '../../src/report/layer-line.js';
import { pullLine, type PullStep } from '../../src/report/pull-lines.js';

const lineText = (step: PullStep, width: number) => layerLineText(pullLine(step), width);

const line = (state: PullStep['state'], bytes = 0): PullStep => ({
  id: 'a1b2c3d4e5f6',
  size: 2_000_000,
  state,
  bytes,
});

t.test("in the words of Docker's client", (t) => {
  t.equal(lineText(line('pulling'), 80), 'a1b2c3d4e5f6: Pulling fs layer');
  t.equal(lineText(line('verifying'), 80), 'a1b2c3d4e5f6: Verifying Checksum');
  t.equal(lineText(line('exists'), 80), 'a1b2c3d4e5f6: Already exists');
  t.same(
    (['complete', 'exists', 'downloaded', 'pulling', 'waiting'] as const).map((state) => {
      const { isFinal, isNews } = pullLine(line(state));
      return [isFinal, isNews];
    }),
    [
      [true, true],
      [true, true],
      [false, true],
      [false, true],
      [false, false],
    ],
  );
  t.end();
});

t.test('a bar as long as there is room', (t) => {
  const half = line('downloading', 1_000_000);
  t.equal(
    lineText(half, 200),
    `a1b2c3d4e5f6: Downloading [${'='.repeat(24)}>${' '.repeat(25)}] 1 MB/2 MB`,
  );
  t.equal(lineText(half, 50), 'a1b2c3d4e5f6: Downloading [=====>      ] 1 MB/2 MB');
  t.equal(lineText(half, 40), 'a1b2c3d4e5f6: Downloading 1 MB/2 MB');
  t.equal(lineText(half, 20), 'a1b2c3d4e5f6: Downlo');
  t.match(lineText(line('extracting', 0), 80), /Extracting \[ +\] 0 B\/2 MB$/);
  t.match(lineText(line('extracting', 3_000_000), 80), /\[=+>\] 3 MB\/2 MB$/, 'no longer than all');
  t.match(lineText({ ...line('downloading'), size: 0 }, 80), /\[=+>\] 0 B\/0 B$/);
  for (let width = 0; width < 120; width += 1) t.ok(lineText(half, width).length <= width);
  t.end();
});
