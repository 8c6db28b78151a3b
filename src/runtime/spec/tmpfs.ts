// --tmpfs DIR[:OPTIONS] and --mount type=tmpfs: tmpfs(5).
import { posix } from 'node:path';
import { CutawayError } from '../../oci/error.js';
import type { Mount } from '../../oci/runtime-config.js';

export interface TmpfsWish {
  /** Absolute and clean. */
  readonly destination: string;
  readonly options: readonly string[];
}

/** What of mount(8) excludes each other, the usual one first where there is one. */
const FLAGS: readonly (readonly string[])[] = [
  ['noexec', 'exec'],
  ['nosuid', 'suid'],
  ['nodev', 'dev'],
  ['rprivate', 'private', 'shared', 'rshared', 'slave', 'rslave', 'unbindable', 'runbindable'],
];
const OTHER_FLAGS: readonly (readonly string[])[] = [
  ['ro', 'rw'],
  ['sync', 'async'],
  ['dirsync'],
  ['atime', 'noatime'],
  ['diratime', 'nodiratime'],
  ['relatime', 'norelatime'],
  ['strictatime', 'nostrictatime'],
  ['mand', 'nomand'],
];
const VALUES = ['size', 'mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks', 'mpol'];

export function parseTmpfs(text: string): TmpfsWish {
  const at = text.indexOf(':');
  const place = at < 0 ? text : text.slice(0, at);
  const options = at < 0 ? [] : text.slice(at + 1).split(',');
  const destination = cleanDestination(place, `--tmpfs ${JSON.stringify(text)}`);
  for (const option of options) checkOption(option, text);
  return { destination, options };
}

/** An absolute path inside that is not the root. */
export function cleanDestination(path: string, what: string): string {
  const clean = posix.normalize(path).replace(/(?<=.)\/$/, '');
  if (clean.startsWith('/') && clean !== '/') return clean;
  throw new CutawayError('INVALID_INPUT', `${what}: the path inside is absolute, and not /`);
}

/** The usual flags, less what was asked for otherwise. The last of two that exclude each other. */
export function tmpfsMount({ destination, options }: TmpfsWish): Mount {
  const groups = [...FLAGS, ...OTHER_FLAGS, ...VALUES.map((name) => [name])];
  const kept = options.filter((option, at) => {
    const group = groups.find((names) => names.includes(nameOf(option))) ?? [];
    return !options.slice(at + 1).some((later) => group.includes(nameOf(later)));
  });
  const usual = FLAGS.filter((names) => !kept.some((option) => names.includes(option)));
  return {
    destination,
    type: 'tmpfs',
    source: 'tmpfs',
    options: [...usual.flatMap(([name = '']) => [name]), ...kept],
  };
}

function nameOf(option: string): string {
  return option.split('=')[0] ?? '';
}

function checkOption(option: string, text: string): void {
  const isFlag = [...FLAGS, ...OTHER_FLAGS].some((names) => names.includes(option));
  if (isFlag || (option.includes('=') && VALUES.includes(nameOf(option)))) return;
  throw new CutawayError(
    'INVALID_INPUT',
    `--tmpfs ${JSON.stringify(text)}: unknown option ${JSON.stringify(option)}`,
    { hint: 'size=64m, mode=1777, uid=, gid=, ro, exec, suid and dev are known' },
  );
}
