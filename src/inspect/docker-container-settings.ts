import type { ContainerSettings, EngineContainer } from '../engines/engine.js';

export interface DockerDetails {
  readonly hostConfig: Record<string, unknown>;
  readonly mounts: readonly Record<string, unknown>[];
  readonly networkSettings: Record<string, unknown>;
}

/** HostConfig, Mounts and NetworkSettings; of what is not known, Docker's defaults are not made up. */
export function dockerDetails(
  { ports = [] }: EngineContainer,
  settings: ContainerSettings | undefined,
): DockerDetails {
  const binds = settings?.binds ?? [];
  return {
    hostConfig: settings === undefined ? {} : hostConfig(settings),
    mounts: binds.map(({ source, destination, readOnly, propagation }) => ({
      Type: 'bind',
      Source: source,
      Destination: destination,
      Mode: readOnly ? 'ro' : '',
      RW: !readOnly,
      Propagation: propagation ?? 'rprivate',
    })),
    networkSettings: {
      Ports: Object.fromEntries(ports.map(publishedPort)),
      Networks: settings === undefined ? {} : { [settings.network]: {} },
    },
  };
}

function hostConfig(settings: ContainerSettings): Record<string, unknown> {
  const { binds, logLimits, restartPolicy } = settings;
  return {
    Binds:
      binds.length === 0
        ? null
        : binds.map(
            ({ source, destination, readOnly }) =>
              `${source}:${destination}${readOnly ? ':ro' : ''}`,
          ),
    LogConfig: {
      Type: 'json-file',
      Config:
        logLimits?.maxSize === undefined
          ? {}
          : { 'max-size': String(logLimits.maxSize), 'max-file': String(logLimits.maxFiles) },
    },
    NetworkMode: settings.network,
    PortBindings: {},
    RestartPolicy: {
      Name: restartPolicy?.name ?? 'no',
      MaximumRetryCount: restartPolicy?.maximumRetryCount ?? 0,
    },
    AutoRemove: settings.autoRemove,
    ReadonlyRootfs: settings.readOnly,
    Init: settings.init ?? null,
  };
}

/** "127.0.0.1:8080->80/tcp" */
function publishedPort(text: string): [string, unknown] {
  const [, ip = '', hostPort = '', inside = text] = /^(?:(.*):)?(\d+)->(.*)$/.exec(text) ?? [];
  return [inside, hostPort === '' ? null : [{ HostIp: ip, HostPort: hostPort }]];
}
