// What somebody could type in a container, at random. Each line may fail, as long as it fails in
// every engine: it prints its number when it worked.
import type { Random } from '../../overlay/oracle/random.js';

/**
 * Where fixtures/debian has whiteouts, opaque directories, links and odd types. What a shell needs
 * to go on working is elsewhere.
 */
const TOPS = [
  ...['/etc', '/etc/apt', '/etc/issue', '/etc/skel', '/etc/alternatives', '/home', '/opt'],
  ...['/opt/deep', '/opt/odd', '/opt/git-core', '/root', '/srv', '/srv/base', '/srv/copied'],
  ...['/usr/local', '/usr/share/bug', '/usr/share/doc', '/usr/share/misc', '/usr/share/perl5'],
  ...['/var/lib/apt', '/var/lib/dpkg', '/var/mail', '/var/log'],
];

/** What engines mount files on. */
const MOUNTED = /^\/etc\/(?:hosts|hostname|resolv\.conf)$/;

/** The paths at and beneath each of these places, so that none is overrun by a larger one. */
export function groupPlaces(paths: readonly string[]): string[][] {
  const plain = paths.filter((path) => /^[\w./+-]+$/.test(path) && !MOUNTED.test(path));
  return TOPS.map((top) =>
    plain.filter((path) => path === top || path.startsWith(`${top}/`)),
  ).filter((group) => group.length > 0);
}

type Operation = (random: Random, path: string, other: string) => string;

const OPERATIONS: readonly Operation[] = [
  (random, path) => `touch -d @${random.below(2 ** 31)} ${path}`,
  (_random, path) => `touch ${path}`,
  (_random, path) => `touch -h -d @86400 ${path}`,
  (_random, path, other) => `touch -r ${other} ${path}`,
  (random, path) => `echo ${random.below(1000)} > ${path}`,
  (random, path) => `echo ${random.below(1000)} >> ${path}`,
  (_random, path) => `: >> ${path}`,
  (_random, path) => `: > ${path}`,
  (random, path) => `truncate -s ${random.below(3)} ${path}`,
  (_random, path) => `rm ${path}`,
  (_random, path) => `rm -r ${path}`,
  (_random, path) => `rmdir ${path}`,
  (_random, path) => `mkdir ${path}`,
  (_random, path) => `mkdir -p ${path}/new/below`,
  (_random, path, other) => `mv ${path} ${other}`,
  (_random, path, other) => `mv -T ${path} ${other}`,
  (_random, path) => `mv ${path} /tmp/away && mv /tmp/away ${path}`,
  // What becomes of a directory copied into itself hangs on the order of readdir(3).
  (_random, path, other) => `cp -a ${path} ${isBeneath(other, path) ? '/tmp' : other}`,
  (_random, path, other) => `cp ${path} ${other}`,
  (_random, path, other) => `ln ${path} ${other}`,
  (random, path) => `ln -s ${random.pick(NEW_NAMES)} ${path}`,
  (random, path) => `ln -sfn ${random.pick(TOPS)} ${path}`,
  (random, path) => `chmod ${random.pick(['0600', '0755', '4711', '2750', '1777', '0'])} ${path}`,
  (_random, path) => `chmod --reference=${path} ${path}`,
  (random, path) => `chown ${random.below(3)}:${random.below(3)} ${path}`,
  (random, path) => `chown -h ${random.below(3)} ${path}`,
  (random, path) => `setfattr -n user.note -v ${random.below(9)} ${path}`,
  (_random, path) => `setfattr -x user.note ${path}`,
  (random, path) => `setcap cap_${random.pick(['chown', 'kill'])}+ep ${path}`,
  (_random, path) => `setcap -r ${path}`,
  (_random, path) => `rm -r ${path} && echo instead > ${path}`,
  (_random, path) => `rm -r ${path} && mkdir ${path}`,
  (_random, path) => `rm -r ${path} && mkdir ${path} && echo in > ${path}/new`,
  (_random, path, other) => `rm -r ${path} && ln -s ${other} ${path}`,
  (_random, path) => `rm ${path} && echo again > ${path}`,
  (_random, path) => `cp -a ${path} /tmp/copy && rm -r ${path} && mv -T /tmp/copy ${path}`,
  (_random, path) => `mkfifo ${path}`,
  (random, path) => `mknod ${path} ${random.pick(['c', 'b'])} 1 ${random.below(9) + 1}`,
];

function isBeneath(path: string, directory: string): boolean {
  return `${path}/`.startsWith(`${directory}/`);
}

export function randomScript(
  random: Random,
  places: readonly (readonly string[])[],
  length: number,
): string {
  const lines = Array.from({ length }, (_, at) => {
    const operation = random.pick(OPERATIONS);
    // Without a reader, a FIFO would be waited for.
    const command = operation(random, somePath(random, places), somePath(random, places));
    return `timeout 2 sh -c ${quote(command)} 2>/dev/null && echo ${at}`;
  });
  return `${lines.join('\n')}\ntrue`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

const NEW_NAMES = ['new', 'new.d', 'README', '.hidden', 'fifo'];

function somePath(random: Random, places: readonly (readonly string[])[]): string {
  const path = random.pick(random.pick(places));
  if (random.chance(0.7)) return path;
  const directory = random.chance(0.7) ? path.slice(0, path.lastIndexOf('/')) : path;
  return `${directory}/${random.pick(NEW_NAMES)}`;
}
