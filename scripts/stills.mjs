// Writes the pictures of docs/pictures: screens of the explorer on containers that run meanwhile, in a
// store of its own. Needs root, runc, busybox and script(1). `node scripts/stills.mjs`, after a build.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';

const SIZE = { columns: 110, rows: 30 };
const program = resolve('bin/cutaway.js');
const pictures = resolve('docs/pictures');
const directory = mkdtempSync(`${tmpdir()}/cutaway-stills-`);
const env = {
  ...process.env,
  CUTAWAY_DATA_ROOT: `${directory}/store`,
  CUTAWAY_ENGINES: 'cutaway',
  TERM: 'xterm-256color',
};

const cutaway = (...words) => execFileSync(program, words, { env, encoding: 'utf8' });

const SERVE =
  'mkdir -p /srv/www; echo hello >/srv/www/index.html; rm /etc/group; echo x >>/etc/passwd; while true; do echo served; sleep 1; done';

/** What the page was before. */
const BEFORE =
  'mkdir -p /srv/www; echo welcome >/srv/www/index.html; echo logo >/srv/www/logo.svg; chmod 600 /etc/passwd';

const SCRIPT = `wait web
pause 300
still ${pictures}/home.svg
key Enter
wait Changes
pause 1500
still ${pictures}/container.svg
key t
wait what the container
key v
pause 200
key v
pause 200
key Tab + Down Down
pause 300
still ${pictures}/files.svg
key Esc Esc
wait Containers
key d Down d
wait more
pause 300
still ${pictures}/compare.svg
`;

mkdirSync(pictures, { recursive: true });
try {
  cutaway('run', '--name', 'build', 'busybox', 'sh', '-c', BEFORE);
  cutaway('commit', '-m', 'a page', 'build', 'page:1');
  cutaway('rm', 'build');
  cutaway('run', '-d', '--name', 'cache', 'page:1', 'sleep', '1000');
  cutaway('run', '-d', '--name', 'web', 'busybox', 'sh', '-c', SERVE);
  writeFileSync(`${directory}/keys`, SCRIPT);
  const size = `stty cols ${SIZE.columns} rows ${SIZE.rows}`;
  const line = `${size}; ${program} tui --script ${directory}/keys`;
  const { status } = spawnSync('script', ['-qec', line, '/dev/null'], { env, stdio: 'ignore' });
  if (status !== 0) throw new Error(`the explorer ended with status ${status}`);
} finally {
  for (const name of ['web', 'cache', 'build']) {
    spawnSync(program, ['rm', '-f', name], { env, stdio: 'ignore' });
  }
  rmSync(directory, { recursive: true, force: true });
}
