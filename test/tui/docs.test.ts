// docs/explorer.md has every key, in the words that `?` has for it, and screens as they are.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { FRAME_KEYS } from '../../src/tui/view-model/bars.js';
import { comparePage } from '../../src/tui/view-model/pages/compare.js';
import { containerPage } from '../../src/tui/view-model/pages/container.js';
import { filePage } from '../../src/tui/view-model/pages/file.js';
import { findingsPage } from '../../src/tui/view-model/pages/findings.js';
import { homePage } from '../../src/tui/view-model/pages/home.js';
import { imagePage } from '../../src/tui/view-model/pages/image.js';
import { processesPage } from '../../src/tui/view-model/pages/processes.js';

const doc = readFileSync('docs/explorer.md', 'utf8');
const place = { size: { columns: 80, rows: 22 }, now: 0 };

/** Cells of a table, without what formatting adds. */
const cells = doc
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) =>
    line
      .split('|')
      .map((cell) => cell.replaceAll('`', '').trim())
      .slice(1, 3)
      .join(' | '),
  );

for (const page of [
  homePage(),
  imagePage('x'),
  filePage({ target: 'x', path: '/x', layer: undefined }),
  containerPage('x'),
  comparePage('x', 'y'),
  findingsPage({ target: undefined, runs: true }),
  processesPage(undefined),
]) {
  for (const { shown, help } of page.bindings(place)) {
    t.ok(cells.includes(`${shown} | ${help}`), `${page.name}: ${shown} | ${help}`);
  }
}
for (const { shown, help } of FRAME_KEYS)
  t.ok(cells.includes(`${shown} | ${help}`), `${shown} | ${help}`);

for (const name of ['image-80x24', 'image-layer-80x24']) {
  const screen = readFileSync(`test/e2e/screens/${name}.txt`, 'utf8').trimEnd();
  t.ok(doc.includes(screen), name);
  if (name === 'image-layer-80x24') t.ok(readFileSync('README.md', 'utf8').includes(screen));
}
