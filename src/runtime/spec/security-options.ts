// --security-opt, --device, --device-cgroup-rule, --sysctl: from Docker's words to wishes.
import { CutawayError } from '../../oci/error.js';
import type { DeviceRule } from '../../oci/runtime-config.js';
import { parseSeccompFile } from './seccomp-file.js';
import type { DeviceWish, SecurityWishes } from './settings.js';

/** `readFile` reads what `seccomp=FILE` names. */
export function parseSecurityOptions(
  texts: readonly string[],
  readFile: (path: string) => string,
): SecurityWishes {
  return Object.assign({}, ...texts.map((text) => parseOption(text, readFile))) as SecurityWishes;
}

function parseOption(text: string, readFile: (path: string) => string): SecurityWishes {
  // The colon is of old, and Docker still takes it.
  const [, name = text, value] = /^([a-z-]+)[=:](.*)$/s.exec(text) ?? [];
  switch (name) {
    case 'no-new-privileges':
      return value === undefined || readBoolean(text, value) ? { noNewPrivileges: true } : {};
    case 'seccomp':
      return parseSeccomp(text, value ?? '', readFile);
    case 'apparmor':
      return value === undefined || value === ''
        ? refuse(text, 'it is apparmor=PROFILE|unconfined')
        : { apparmor: value };
    case 'systempaths':
      return value === 'unconfined'
        ? { systemPaths: value }
        : refuse(text, 'it is systempaths=unconfined');
    case 'label':
      // SELinux labels nothing here: to turn it off is the only wish that can be met.
      return value === 'disable' ? {} : refuse(text, 'containers get no SELinux labels');
    default:
      return refuse(text, 'seccomp, no-new-privileges, apparmor, systempaths and label are known');
  }
}

function parseSeccomp(
  text: string,
  value: string,
  readFile: (path: string) => string,
): SecurityWishes {
  if (value === '') return refuse(text, 'it is seccomp=FILE|unconfined');
  if (value === 'unconfined') return { seccomp: value };
  return value === 'builtin' ? {} : { seccomp: parseSeccompFile(readFile(value), value) };
}

function readBoolean(text: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  return refuse(text, 'it is true or false');
}

function refuse(text: string, reason: string): never {
  throw new CutawayError('INVALID_INPUT', `--security-opt ${JSON.stringify(text)}: ${reason}`);
}

/** HOST[:CONTAINER][:ACCESS]; what is behind one colon is the access when it looks like one. */
export function parseDevice(text: string): DeviceWish {
  const [source = '', second, third, ...more] = text.split(':');
  const isAccess = (part: string | undefined) => part !== undefined && /^[rwm]{1,3}$/.test(part);
  const destination = second === undefined || isAccess(second) ? source : second;
  const access = third ?? (isAccess(second) ? second : 'rwm') ?? 'rwm';
  if (more.length === 0 && source.startsWith('/') && destination.startsWith('/')) {
    if (isAccess(access)) return { source, destination, access };
  }
  throw new CutawayError('INVALID_INPUT', `--device ${JSON.stringify(text)}: no device`, {
    hint: 'a device is HOST[:CONTAINER][:rwm]: --device /dev/sda:/dev/disk:r',
  });
}

/** "c 10:200 rwm" of the device cgroup, with "*" for any number. */
export function parseDeviceRule(text: string): DeviceRule {
  const [, type, major = '', minor = '', access] =
    /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text) ?? [];
  if (type === undefined || access === undefined) {
    throw new CutawayError('INVALID_INPUT', `--device-cgroup-rule ${JSON.stringify(text)}`, {
      hint: "a rule is TYPE MAJOR:MINOR ACCESS: 'c 10:200 rwm'",
    });
  }
  return {
    allow: true,
    type: type as 'a' | 'b' | 'c',
    ...(major === '*' ? {} : { major: Number(major) }),
    ...(minor === '*' ? {} : { minor: Number(minor) }),
    access,
  };
}

const SYSCTLS = `kernel.msgmax kernel.msgmnb kernel.msgmni kernel.sem kernel.shmall kernel.shmmax
  kernel.shmmni kernel.shm_rmid_forced`.split(/\s+/);

/** What belongs to a namespace; anything else would be a setting of the whole host. */
export function parseSysctl(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  const name = at < 0 ? '' : text.slice(0, at);
  const isOwn = SYSCTLS.includes(name) || /^(?:net|fs\.mqueue)\.[\w./-]+$/.test(name);
  if (isOwn) return [name, text.slice(at + 1)];
  throw new CutawayError('INVALID_INPUT', `--sysctl ${JSON.stringify(text)}: not of a namespace`, {
    hint: 'net.*, fs.mqueue.*, kernel.msg*, kernel.shm* and kernel.sem are, as NAME=VALUE',
  });
}
