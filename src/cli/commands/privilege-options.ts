// What a container may do and what it finds in its /dev, with Docker's names.
import { present } from '../../oci/json-reader.js';
import { CutawayError } from '../../oci/error.js';
import { resolveCapabilities } from '../../runtime/spec/capabilities.js';
import { parseDockerSize } from '../../runtime/spec/docker-size.js';
import {
  parseDevice,
  parseDeviceRule,
  parseSecurityOptions,
  parseSysctl,
} from '../../runtime/spec/security-options.js';
import type { ContainerSettings, SecurityWishes } from '../../runtime/spec/settings.js';
import { parseTmpfs } from '../../runtime/spec/tmpfs.js';
import type { OptionSpecs, OptionValues } from '../command.js';
import type { Context } from '../context.js';

export const PRIVILEGE_OPTIONS = {
  'cap-add': { type: 'strings', value: 'NAME|ALL', describe: 'one more capability' },
  'cap-drop': { type: 'strings', value: 'NAME|ALL', describe: 'one capability less' },
  privileged: {
    type: 'boolean',
    describe: 'all capabilities and devices, no filter of system calls, nothing masked',
  },
  'security-opt': {
    type: 'strings',
    value: 'NAME[=VALUE]',
    describe:
      'seccomp=FILE|unconfined, no-new-privileges, apparmor=PROFILE|unconfined, ' +
      'systempaths=unconfined',
  },
  device: {
    type: 'strings',
    value: 'HOST[:CONTAINER][:rwm]',
    describe: 'a device of the host, or all of a directory',
  },
  'device-cgroup-rule': {
    type: 'strings',
    value: 'RULE',
    describe: "devices it may open without having them: 'c 10:* rmw'",
  },
  'group-add': { type: 'strings', value: 'GROUP', describe: 'one more group of its user' },
  tmpfs: {
    type: 'strings',
    value: 'DIR[:OPTIONS]',
    describe: 'a directory in memory: /run:size=64m,mode=755',
  },
  'shm-size': { type: 'string', value: 'SIZE', describe: 'of /dev/shm; else 64m' },
  sysctl: { type: 'strings', value: 'NAME=VALUE', describe: 'a setting of its namespaces' },
} as const satisfies OptionSpecs;

export function readPrivilege(
  { host }: Context,
  options: OptionValues<typeof PRIVILEGE_OPTIONS>,
): ContainerSettings {
  const shmSize = options['shm-size'];
  return present({
    security: orNothing(readSecurity(options, (path) => host.readText(host.realPath(path)))),
    devices: orNothing(options.device.map(parseDevice)),
    deviceRules: orNothing(options['device-cgroup-rule'].map(parseDeviceRule)),
    groups: orNothing(options['group-add']),
    tmpfs: orNothing(options.tmpfs.map(parseTmpfs)),
    shmSize: shmSize === undefined ? undefined : parseShmSize(shmSize),
    sysctl: orNothing(Object.fromEntries(options.sysctl.map(parseSysctl))),
  });
}

function readSecurity(
  options: OptionValues<typeof PRIVILEGE_OPTIONS>,
  readFile: (path: string) => string,
): SecurityWishes {
  const { 'cap-add': capAdd, 'cap-drop': capDrop } = options;
  // An unknown name is told now.
  resolveCapabilities(capAdd, capDrop);
  return present({
    capAdd: orNothing(capAdd),
    capDrop: orNothing(capDrop),
    privileged: options.privileged ? (true as const) : undefined,
    ...parseSecurityOptions(options['security-opt'], readFile),
  });
}

function parseShmSize(text: string): number {
  const size = parseDockerSize(text, '--shm-size');
  if (size > 0) return size;
  throw new CutawayError('INVALID_INPUT', `--shm-size ${JSON.stringify(text)}: more than nothing`);
}

/** Undefined for a list or an object in which there is nothing. */
export function orNothing<Value extends object>(value: Value): Value | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}
