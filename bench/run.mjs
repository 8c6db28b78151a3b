// npm run bench: what a user waits for, as a ratio to what people use today, in one run.
//   npm run bench                 all of it, about 15 minutes
//   npm run bench -- start        starting; `layers`: the layer engine; `images`: pull and load;
//                                 `explorer`; `scale`: cost as work grows
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { printTable } from './table.mjs';

const BENCHES = new Map([
  ['start', async (bench) => (await import('./start.mjs')).benchStart(bench)],
  ['layers', async (bench) => (await import('./layers.mjs')).benchLayers(bench)],
  ['images', async (bench) => (await import('./images.mjs')).benchImages(bench)],
  ['explorer', async (bench) => (await import('./explorer.mjs')).benchExplorer(bench)],
  ['scale', async (bench) => (await import('./scale.mjs')).benchScale(bench)],
]);

// Where these are set, Node parses them at every start; the program's launcher spares itself that, and
// a ratio to `node -e 0` would be in our favour.
delete process.env.NODE_EXTRA_CA_CERTS;
const names = process.argv.length > 2 ? process.argv.slice(2) : [...BENCHES.keys()];
const place = mkdtempSync(join(tmpdir(), 'cutaway-bench-'));
const stops = [];
try {
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0].model}, Linux ${release()}`);
  for (const name of names) {
    const bench = BENCHES.get(name);
    if (bench === undefined)
      throw new Error(`no bench "${name}": ${[...BENCHES.keys()].join(', ')}`);
    const own = join(place, name);
    mkdirSync(own);
    await bench({ cutaway: [resolve('bin/cutaway.js')], place: own, stops });
  }
} finally {
  for (const stop of stops) await stop();
  rmSync(place, { recursive: true, force: true });
}
printTable();
