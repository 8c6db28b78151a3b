// A container in the shape that `docker container inspect` prints (Docker Engine API, "Inspect a
// container"): tools parse that. What Docker alone knows of is there and empty.
import type { ContainerSettings, EngineContainer } from '../engines/engine.js';
import { dockerDetails } from './docker-container-settings.js';
import type { ContainerTarget } from './target.js';

/** What Go writes for a moment that never was. */
const NEVER = '0001-01-01T00:00:00Z';

/** Keys in Docker's order. */
export function dockerContainer({ container, engine }: ContainerTarget): Record<string, unknown> {
  const { command, directories, settings } = container;
  const details = dockerDetails(container, settings);
  return {
    Id: container.id,
    Created: container.createdAt ?? NEVER,
    Path: command[0] ?? '',
    Args: command.slice(1),
    State: stateOf(container),
    Image: container.imageID ?? '',
    ResolvConfPath: fileOf(container, settings, 'resolv.conf'),
    HostnamePath: fileOf(container, settings, 'hostname'),
    HostsPath: fileOf(container, settings, 'hosts'),
    LogPath: container.log ?? '',
    Name: `/${container.name}`,
    RestartCount: container.restartCount ?? 0,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: null,
    HostConfig: details.hostConfig,
    GraphDriver: {
      Data: {
        LowerDir: directories.lower.map(({ directory }) => directory).join(':'),
        MergedDir: directories.merged ?? '',
        UpperDir: directories.upper ?? '',
        WorkDir: directories.work ?? '',
      },
      Name: 'overlay2',
    },
    Mounts: details.mounts,
    Config: configOf(container),
    NetworkSettings: details.networkSettings,
    // What Docker has no word for.
    Engine: engine.name,
  };
}

function stateOf(container: EngineContainer): Record<string, unknown> {
  const { state, init, health, exitCode, error, startedAt, finishedAt, oomKilled } = container;
  const isAlive = state === 'running' || state === 'paused';
  return {
    Status: state,
    Running: isAlive,
    Paused: state === 'paused',
    Restarting: state === 'restarting',
    OOMKilled: oomKilled === true,
    Dead: false,
    Pid: init?.pid ?? 0,
    ExitCode: isAlive ? 0 : (exitCode ?? 0),
    Error: error ?? '',
    StartedAt: startedAt ?? NEVER,
    FinishedAt: isAlive ? NEVER : (finishedAt ?? NEVER),
    ...(health === undefined
      ? {}
      : {
          Health: {
            Status: health.status,
            FailingStreak: health.failingStreak,
            Log: health.log.map(({ start, end, exitCode: ExitCode, output }) => ({
              Start: start,
              End: end,
              ExitCode,
              Output: output,
            })),
          },
        }),
  };
}

/** Of another engine's container only what every engine has. */
function configOf(container: EngineContainer): Record<string, unknown> {
  const { command, settings, imageReference = '', labels } = container;
  const known = settings ?? NOTHING_KNOWN;
  const { entrypoint, environment, stopSignal, stopTimeout } = known;
  return {
    Hostname: known.hostname,
    Domainname: '',
    User: known.user,
    AttachStdin: known.stdinOnce,
    AttachStdout: false,
    AttachStderr: false,
    Tty: known.terminal,
    OpenStdin: known.openStdin,
    StdinOnce: known.stdinOnce,
    Env: environment.length === 0 ? null : environment,
    Cmd: command.slice(entrypoint.length),
    Image: imageReference,
    Volumes: null,
    WorkingDir: known.workingDirectory,
    Entrypoint: entrypoint.length === 0 ? null : entrypoint,
    OnBuild: null,
    Labels: labels,
    ...healthcheckOf(settings),
    ...(settings === undefined ? {} : { StopSignal: stopSignal }),
    ...(stopTimeout === undefined ? {} : { StopTimeout: stopTimeout }),
  };
}

const NOTHING_KNOWN: ContainerSettings = {
  hostname: '',
  user: '',
  environment: [],
  entrypoint: [],
  workingDirectory: '',
  terminal: false,
  openStdin: false,
  stdinOnce: false,
  autoRemove: false,
  readOnly: false,
  network: '',
  binds: [],
  stopSignal: '',
};

function healthcheckOf(settings: ContainerSettings | undefined): Record<string, unknown> {
  if (settings?.healthcheck === undefined) return {};
  const { test, interval, timeout, startPeriod, retries } = settings.healthcheck;
  return {
    Healthcheck: {
      Test: test,
      Interval: interval,
      Timeout: timeout,
      StartPeriod: startPeriod,
      Retries: retries,
    },
  };
}

/** Those that we make ourselves. */
function fileOf(
  { home }: EngineContainer,
  settings: ContainerSettings | undefined,
  name: string,
): string {
  return settings === undefined || home === undefined ? '' : `${home}/${name}`;
}
