// What dive v0.12.0 printed for the same images (`CI=true dive docker-archive://FILE`).
import t from 'tap';
import { diveFigures } from '../../src/overlay/dive-figures.js';
import { directory, layer, ordinary, whiteout } from './entries.js';
import { indexOf } from '../support/index-layer.js';
import { layeredImage } from '../support/layered-image.js';

const BY_DIVE = [
  { efficiency: 1, wastedBytes: 0, userWastedPercent: 0 },
  { efficiency: 0.8155263673789453, wastedBytes: 4833, userWastedPercent: 1.7047619047619047 },
  { efficiency: 0.6376996127115497, wastedBytes: 8849, userWastedPercent: 3.0715029503644566 },
  { efficiency: 0.564626753396168, wastedBytes: 14859, userWastedPercent: 2.505311077389985 },
];

t.test('the figures of dive, to the last digit', async (t) => {
  const layers = await Promise.all(layeredImage().map((tar) => indexOf(tar)));
  for (const [at, figures] of BY_DIVE.entries()) {
    t.match(diveFigures(layers.slice(0, at + 1)), figures, `${at + 1} layers`);
  }
});

t.test('of no bytes', (t) => {
  const nothing = { sizeBytes: 0, userSizeBytes: 0, wastedBytes: 0, userWastedPercent: 0 };
  t.same(diveFigures([]), { efficiency: 1, ...nothing });
  t.same(diveFigures([layer(directory('/d'))]), { efficiency: 1, ...nothing });
  const deleted = diveFigures([layer(ordinary('/f', { size: 9 })), layer(whiteout('/f'))]);
  t.equal(deleted.userWastedPercent, Infinity, 'a layer without bytes that wastes some');
  t.equal(deleted.wastedBytes, 9);
  t.end();
});
