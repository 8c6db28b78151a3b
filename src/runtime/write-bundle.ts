// config.json of a container: what its record says, and what can only be known when it starts.
import type { ReadHost } from '../host/host.js';
import { CutawayError } from '../oci/error.js';
import { formatRuntimeConfig } from '../oci/runtime-config.js';
import { bundleAddresses } from './bundle-files.js';
import { findInit, INIT_PATH } from './find-init.js';
import { allDevices, wantedDevices } from './host-devices.js';
import { joinedNamespaces, networkInput, sharedMemory } from './join-namespaces.js';
import { ownCapabilities } from './own-capabilities.js';
import { rootPropagation } from './propagation.js';
import type { ConsoleSize } from './prepare-container.js';
import { readInRoot } from './read-in-root.js';
import { resolveCapabilities } from './spec/capabilities.js';
import { mergeEnvironment } from './spec/environment.js';
import type { Bind } from './spec/mounts.js';
import { makeRuntimeConfig, type SpecInput } from './spec/make-runtime-config.js';
import { makeResources } from './spec/resources.js';
import { resolveSeccompFile } from './spec/seccomp-file.js';
import type { ContainerSettings } from './spec/settings.js';
import { resolveGroups, resolveUser } from './spec/user.js';
import type { ContainerRecord } from './store/container-store.js';
import type { ContainerPaths } from './store/paths.js';
import type { Store } from './store/store.js';

export function writeBundle(
  store: Store,
  record: ContainerRecord,
  paths: ContainerPaths,
  { consoleSize }: { readonly consoleSize?: ConsoleSize },
): void {
  const { host } = store;
  const { settings = {} } = record;
  const group = readInRoot(store, paths.merged, '/etc/group');
  const user = resolveUser(record.user, readInRoot(store, paths.merged, '/etc/passwd'), group);
  const groups = resolveGroups(settings.groups ?? [], group);
  const propagation = rootPropagation(host, record.binds);
  const config = makeRuntimeConfig({
    hostname: record.hostname,
    rootfs: paths.merged,
    readOnlyRoot: record.readOnly,
    args: record.init === true ? [INIT_PATH, '--', ...record.command] : record.command,
    env: environmentOf(record, user.home),
    cwd: record.workingDirectory,
    user: { ...user, additionalGids: [...user.additionalGids, ...groups] },
    terminal: record.terminal,
    ...(consoleSize === undefined ? {} : { consoleSize }),
    network: networkInput(store, record, paths),
    joined: joinedNamespaces(store, record),
    cgroupsPath: `/cutaway/${record.id}`,
    cgroupNamespace: hasCgroupNamespace(store, settings),
    binds: [...record.binds, ...initBind(store, record)],
    files: bundleAddresses(store, record, paths),
    architecture: record.architecture,
    ...resourceInput(host, settings),
    ...securityInput(host, record),
    ...deviceInput(host, settings),
    ...plainInput(settings),
    ...(propagation === undefined ? {} : { rootPropagation: propagation }),
    sharedMemory: sharedMemory(store, record, paths),
  });
  host.writeFile(paths.config, formatRuntimeConfig(config), 0o600);
}

function initBind({ host }: Store, { init }: ContainerRecord): Bind[] {
  if (init !== true) return [];
  return [{ source: findInit(host), destination: INIT_PATH, readOnly: true }];
}

function environmentOf(record: ContainerRecord, home: string): string[] {
  return mergeEnvironment(
    { config: { Env: record.imageVariables } },
    {
      hostname: record.hostname,
      terminal: record.terminal,
      home,
      variables: record.variables,
      caller: {},
    },
  );
}

/** What is passed on as it was asked for. */
function plainInput(settings: ContainerSettings): Partial<SpecInput> {
  const { sysctl, domainname, annotations, tmpfs, shmSize } = settings;
  return {
    ...(sysctl === undefined ? {} : { sysctl }),
    ...(domainname === undefined ? {} : { domainname }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(tmpfs === undefined ? {} : { tmpfs }),
    ...(shmSize === undefined ? {} : { shmSize }),
  };
}

function resourceInput(
  host: ReadHost,
  { resources = {} }: ContainerSettings,
): Pick<SpecInput, 'resources' | 'rlimits' | 'oomScoreAdj'> {
  return {
    resources: makeResources(resources, (path) => blockDevice(host, path)),
    rlimits: resources.ulimits ?? [],
    oomScoreAdj: resources.oomScoreAdj ?? 0,
  };
}

function blockDevice(host: ReadHost, path: string): { major: number; minor: number } {
  const { type, major, minor } = host.lstat(host.realPath(path));
  if (type === 'block') return { major, minor };
  throw new CutawayError('INVALID_INPUT', `limit "${path}": not a block device`);
}

function deviceInput(
  host: ReadHost,
  settings: ContainerSettings,
): Pick<SpecInput, 'devices' | 'deviceRules'> {
  const wanted = wantedDevices(host, settings.devices ?? []);
  const { devices, rules } =
    settings.security?.privileged === true ? allDevices(host) : { devices: [], rules: [] };
  return {
    devices: [...devices, ...wanted.devices],
    deviceRules: [...wanted.rules, ...(settings.deviceRules ?? []), ...rules],
  };
}

function securityInput(host: ReadHost, record: ContainerRecord): Partial<SpecInput> {
  const { security = {} } = record.settings ?? {};
  const { privileged, seccomp, apparmor, noNewPrivileges, systemPaths } = security;
  const capabilities =
    privileged === true
      ? ownCapabilities(host)
      : resolveCapabilities(security.capAdd ?? [], security.capDrop ?? [], () =>
          ownCapabilities(host),
        );
  const { architecture } = record;
  const kernelRelease = host.kernelRelease();
  return {
    capabilities,
    ...(privileged === true ? { privileged } : {}),
    ...(noNewPrivileges === true ? { noNewPrivileges } : {}),
    ...(systemPaths === undefined ? {} : { systemPaths }),
    ...(apparmor === undefined || !hasAppArmor(host) ? {} : { apparmorProfile: apparmor }),
    ...(seccomp === undefined
      ? {}
      : {
          seccomp:
            seccomp === 'unconfined'
              ? seccomp
              : resolveSeccompFile(seccomp, { architecture, capabilities, kernelRelease }),
        }),
  };
}

const APPARMOR = '/sys/module/apparmor/parameters/enabled';

/** Where the kernel has none a profile means nothing, as with Docker. */
export function hasAppArmor(host: ReadHost): boolean {
  return host.findStatus(APPARMOR) !== undefined && host.readText(APPARMOR).startsWith('Y');
}

/** Docker's default: a cgroup namespace of its own on cgroup v2 only; privileged never. */
function hasCgroupNamespace({ host }: Store, settings: ContainerSettings): boolean {
  const wanted = settings.namespaces?.cgroup;
  if (wanted !== undefined) return wanted === 'private';
  if (settings.security?.privileged === true) return false;
  return host.findStatus('/sys/fs/cgroup/cgroup.controllers') !== undefined;
}
