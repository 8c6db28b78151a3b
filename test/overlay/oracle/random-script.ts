// Random sequences of what programs do in a container, as shell scripts. What fails is part of it.
import { makeRandom, type Random } from './random.js';

const FILES = [
  ...['file', 'dir/a', 'dir/b', 'dir/sub/c', 'dir/sub/deep/d', 'other/e', 'links/first'],
  ...['links/second', 'new', 'dir/new', 'other/new', 'dir/sub/deep/new', 'n1/new', 'dir/n2/new'],
];
const DIRECTORIES = [
  ...['dir', 'dir/sub', 'dir/sub/deep', 'other', 'empty', 'links', 'n1', 'dir/n2', 'other/n3'],
];
const OTHERS = ['symlink', 'symlink-to-dir', 'fifo', 'null', 'loop', 'dir/odd'];

type Operation = (random: Random) => string;

const any = (random: Random) => random.pick([...FILES, ...FILES, ...DIRECTORIES, ...OTHERS]);
const file = (random: Random) => random.pick(FILES);
const directory = (random: Random) => random.pick(DIRECTORIES);

/** Nothing is opened that may be a FIFO. */
const OPERATIONS: readonly Operation[] = [
  (random) => ifFile(file(random), (path) => `echo ${random.below(100)} > ${path}`),
  (random) => ifFile(file(random), (path) => `echo + >> ${path}`),
  (random) => ifFile(file(random), (path) => `: >> ${path}`),
  (random) => ifFile(file(random), (path) => `: > ${path}`),
  (random) => ifNothing(file(random), (path) => `echo ${random.below(100)} > ${path}`),
  (random) => ifNothing(file(random), (path) => `echo ${random.below(100)} > ${path}`),
  (random) => `mkdir ${directory(random)}`,
  (random) => `mkdir -p ${directory(random)}`,
  (random) => `rm -f ${file(random)}`,
  (random) => `rm -f ${any(random)}`,
  (random) => `rm -r ${any(random)}`,
  (random) => `rmdir ${directory(random)}`,
  (random) => `rm -r ${directory(random)}/*`,
  (random) => again(directory(random), (path) => `rm -r ${path} && mkdir ${path}`),
  (random) => again(any(random), (path) => `rm -r ${path} && echo instead > ${path}`),
  (random) => `mv ${file(random)} ${file(random)}`,
  (random) => `mv ${directory(random)} ${directory(random)}`,
  (random) => `ln ${file(random)} ${file(random)}`,
  (random) => `ln -s ${any(random)} ${file(random)}`,
  (random) => again(file(random), (path) => `rm ${path} && ln -s file ${path}`),
  (random) => `mkfifo ${random.pick(OTHERS)}`,
  (random) => again(file(random), (path) => `rm ${path} && mkfifo ${path}`),
  (random) => `chmod ${random.pick(['600', '644', '755', '4755'])} ${any(random)}`,
  (random) => `chown -h ${random.below(3)}:${random.below(3)} ${any(random)}`,
  (random) => `touch -c -d @${random.below(2e9)} ${any(random)}`,
  (random) => again(file(random), keepTime),
];

function again(path: string, script: (path: string) => string): string {
  return script(path);
}

function ifFile(path: string, script: (path: string) => string): string {
  return `[ -f ${path} ] && ${script(path)}`;
}

function ifNothing(path: string, script: (path: string) => string): string {
  return `[ -e ${path} -o -L ${path} ] || ${script(path)}`;
}

/** Other content of the same length and time: what a look at lstat(2) does not show. */
function keepTime(path: string): string {
  return `[ -f ${path} ] && touch -r ${path} /tmp/s && rm ${path} && echo two > ${path} && touch -r /tmp/s ${path}`;
}

/** A directory in the place of a file stops `podman diff`; docs/overlay.md has it in a table. */
const FILE_TO_DIRECTORY: Operation = (random) =>
  again(file(random), (path) => `rm ${path} && mkdir ${path} && echo in > ${path}/in`);

export function randomScript(seed: number, fileToDirectory: boolean): string {
  const random = makeRandom(seed);
  const operations = fileToDirectory ? [...OPERATIONS, FILE_TO_DIRECTORY] : OPERATIONS;
  const lines = Array.from({ length: 3 + random.below(10) }, () => random.pick(operations)(random));
  return lines.map((line) => `{ ${line}; } 2>/dev/null`).join('\n');
}
