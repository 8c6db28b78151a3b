// The explorer in a terminal of a test's own: its screens compared, its keys pressed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Test } from 'tap';
import { buildDockerArchive } from './build-image.js';
import { eventually, type Cutaway } from './cli.js';
import { layeredImage } from './layered-image.js';
import { openTerminal, type Terminal } from './terminal.js';

/** A screen that differs is written anew with this set; then look at what git says. */
const UPDATE = process.env['CUTAWAY_UPDATE_SCREENS'] === '1';

export function archive(cutaway: Cutaway): string {
  const path = `${cutaway.directory}/layered.tar`;
  writeFileSync(path, buildDockerArchive([{ layers: layeredImage(), tags: ['layered:1'] }]));
  return path;
}

/** What is another's tomorrow: ids, pids, ages, paths of this test. */
function normal(screen: string, cutaway: Cutaway): string {
  return `${screen
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replaceAll(cutaway.directory, '/test')
    .replace(/[0-9a-f]{12,64}/g, (id) => 'f'.repeat(id.length))}\n`;
}

export async function sameScreen(t: Test, terminal: Terminal, cutaway: Cutaway, name: string) {
  const path = `test/e2e/screens/${name}.txt`;
  const shown = () => normal(terminal.screen(), cutaway);
  if (UPDATE) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    writeFileSync(path, shown());
  }
  const wanted = existsSync(path) ? readFileSync(path, 'utf8') : '';
  await eventually(() => shown() === wanted, name).catch(() => undefined);
  t.equal(shown(), wanted, name);
}

let sockets = 0;

export function explorer(t: Test, cutaway: Cutaway, ...args: readonly string[]): Terminal {
  const program = [...cutaway.argv, ...args].join(' ');
  const command = `cd ${cutaway.directory}; env CUTAWAY_DATA_ROOT=${cutaway.dataRoot} ${program}; echo status $?`;
  sockets += 1;
  return openTerminal(t, `${cutaway.directory}/tmux${sockets}`, command);
}

export interface Press {
  /** As tmux names it. */
  readonly key: string;
  readonly shows?: string | RegExp;
  /** As the page of keys has it, where that is another. */
  readonly help?: string;
}

export async function pressAll(
  t: Test,
  terminal: Terminal,
  presses: readonly Press[],
): Promise<void> {
  for (const { key, shows } of presses) {
    terminal.press(key);
    if (shows !== undefined) await terminal.shows(shows);
    t.pass(`${key}: ${String(shows ?? '')}`);
  }
}

/** Every key that `?` names is among those that a test presses. */
export async function namesNoOther(
  t: Test,
  terminal: Terminal,
  presses: readonly Press[],
): Promise<void> {
  terminal.resize(120, 50);
  terminal.press('?');
  await terminal.shows('everywhere');
  const named = [...terminal.screen().matchAll(/^ {3}(\S.{0,11}?) {2,}\S/gm)]
    .map(([, shown = '']) => shown)
    .filter((shown) => !['click', 'wheel', 'drag'].includes(shown))
    .flatMap((shown) => shown.split(' '));
  const pressed = new Set(presses.map(({ key, help }) => help ?? key));
  t.ok(named.length > 10, `${named.length} keys`);
  t.same(
    named.filter((key) => !pressed.has(key)),
    [],
    'every key of the page is pressed',
  );
  terminal.press('Escape');
  terminal.resize(80, 24);
}

export const FRAME: readonly Press[] = [
  { key: 'J', shows: '"' },
  { key: 'Escape', help: 'Esc' },
  { key: ']', shows: 'JSON' },
  { key: 'Escape', help: 'Esc' },
  { key: 'y', shows: 'path' },
  { key: 'c', shows: 'copied the command: cutaway' },
  { key: 'd', shows: /marked|compared/ },
  { key: 'd', shows: /not marked|compared/ },
  { key: 'C-l', help: 'Ctrl-L' },
  { key: '?', shows: 'everywhere' },
  { key: 'Escape', help: 'Esc' },
];
export const MOVES: readonly Press[] = [
  { key: 'Up', help: '↑' },
  { key: 'Down', help: '↓' },
  { key: 'j' },
  { key: 'k' },
  { key: 'PageDown' },
  { key: 'PageUp' },
  { key: 'End' },
  { key: 'Home' },
];
/** Pressed in tests of their own. */
export const LAST: readonly Press[] = [{ key: 'C-z', help: 'Ctrl-Z' }, { key: 'q' }];
