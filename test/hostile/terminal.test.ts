// What a terminal gets, byte for byte: the program's own colours and nothing of the image's.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { cannotRun, makeCutaway } from '../support/cli.js';
import { NAME_CASES } from './cases/names.js';
import { DOCUMENT_CASES } from './cases/documents.js';
import { LINK_CASES } from './cases/links.js';
import { textBroken } from './law.js';

const WANTED = [
  'terminal-codes',
  'terminal-codes-in-problems',
  'history-codes',
  'config-codes',
  'odd-link-targets',
];

/** Colours (SGR), and the one line of progress that is written over: return, and clear the line. */
const OURS = /\u001b\[[0-9;]*m|\r\u001b\[K|\r(?=\n)/g;

const skip = cannotRun('script');
if (skip !== false) t.plan(0, skip);
else {
  const cutaway = makeCutaway(t);
  for (const each of [...NAME_CASES, ...LINK_CASES, ...DOCUMENT_CASES]) {
    if (!WANTED.includes(each.name)) continue;
    const path = each.make(`${cutaway.directory}/${each.name}`);
    for (const command of [
      'load',
      'layers',
      'tree',
      'diff',
      'tree --json',
      'layers --format jsonl',
    ]) {
      const log = `${cutaway.directory}/typescript`;
      const [verb = '', ...options] = command.split(' ');
      const line = [...cutaway.argv, verb, path, ...options].join(' ');
      spawnSync('script', ['-qec', line, log], {
        env: { ...process.env, CUTAWAY_DATA_ROOT: cutaway.dataRoot, TERM: 'xterm-256color' },
        stdio: ['ignore', 'ignore', 'ignore'],
        timeout: 20_000,
      });
      const recorded = readFileSync(log);
      // script writes a line of its own in front and behind.
      const text = recorded
        .toString('utf8')
        .replace(/^Script started.*\n/, '')
        .replace(/\nScript done.*\n$/, '\n');
      t.ok(text.length > 0, `${each.name}: ${command} says something`);
      t.same(
        textBroken('the terminal', Buffer.from(text.replace(OURS, ''))),
        [],
        `${each.name}: ${command}`,
      );
    }
  }
}
