// Devices of the host for a container: nodes in its /dev, and what the device cgroup lets it do.
import type { FileStatus, ReadHost } from '../host/host.js';
import { CutawayError, during } from '../oci/error.js';
import type { Device, DeviceRule } from '../oci/runtime-config.js';
import type { DeviceWish } from './spec/settings.js';

export interface GivenDevices {
  readonly devices: readonly Device[];
  readonly rules: readonly DeviceRule[];
}

/** For `--privileged`: all of them. The runtime makes ptmx, pts and the console itself. */
export function allDevices(host: ReadHost): GivenDevices {
  return {
    devices: listDevices(host, '/dev', '/dev'),
    rules: [{ allow: true, access: 'rwm' }],
  };
}

/** Those asked for: a node, or all nodes of a directory. */
export function wantedDevices(host: ReadHost, wishes: readonly DeviceWish[]): GivenDevices {
  const given = wishes.map(({ source, destination, access }) => {
    const devices = devicesAt(host, source, destination);
    return { devices, rules: devices.map((device) => ruleFor(device, access)) };
  });
  return {
    devices: given.flatMap(({ devices }) => devices),
    rules: given.flatMap(({ rules }) => rules),
  };
}

function devicesAt(host: ReadHost, source: string, destination: string): Device[] {
  let real: string;
  try {
    real = host.realPath(source);
  } catch (error) {
    throw during(`--device ${source}`, error);
  }
  const status = host.lstat(real);
  const device = toDevice(status, destination);
  if (device !== undefined) return [device];
  const devices = status.type === 'directory' ? listDevices(host, real, destination) : [];
  if (devices.length > 0) return devices;
  throw new CutawayError('INVALID_INPUT', `--device ${source}: no device, and none is in it`);
}

function ruleFor({ type, major, minor }: Device, access: string): DeviceRule {
  const kind = type === 'b' ? 'b' : 'c';
  return {
    allow: true,
    type: kind,
    ...(major === undefined ? {} : { major }),
    ...(minor === undefined ? {} : { minor }),
    access,
  };
}

/** Directories with devices of somebody else's, or none. */
const LEFT_OUT = ['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev'];

function listDevices(host: ReadHost, source: string, destination: string): Device[] {
  return host.readDirectory(source).flatMap(({ name, type }): Device[] => {
    const path = `${source}/${name}`;
    if (type === 'directory') {
      return LEFT_OUT.includes(name) ? [] : listDevices(host, path, `${destination}/${name}`);
    }
    const status = name === 'console' ? undefined : host.findStatus(path);
    const device = status === undefined ? undefined : toDevice(status, `${destination}/${name}`);
    return device === undefined ? [] : [device];
  });
}

function toDevice(status: FileStatus, path: string): Device | undefined {
  if (status.type !== 'char' && status.type !== 'block') return undefined;
  const { major, minor, uid, gid, mode: fileMode } = status;
  return { type: status.type === 'char' ? 'c' : 'b', path, major, minor, fileMode, uid, gid };
}
