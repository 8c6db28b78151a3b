// Docker from 29 on keeps images and layers in containerd (before, where it was told to), but what a
// container is called and how it ended in files of its own: daemon/container of moby. Containers
// whose layers a graph driver keeps are not ours to show.
import type { ReadHost } from '../../host/host.js';
import { CutawayError, hasCode } from '../../oci/error.js';
import { parseJson, type JsonReader } from '../../oci/json-reader.js';
import type { Problem } from '../../oci/problem.js';
import type { Life } from './cri-status.js';
import { attempt, type Labels } from './metadata.js';
import { dockerContainersPath, type ContainerdPlaces } from './places.js';

/** The namespace that dockerd keeps its containers and images in. */
export const DOCKER_NAMESPACE = 'moby';

export interface DockerContainer {
  readonly id: string;
  readonly name: string;
  /** As it was asked for. */
  readonly image: string;
  /** Digests that stand for the image: what the name stood for, and the manifest chosen. */
  readonly imageDigests: readonly string[];
  /** Of containerd, or a graph driver. */
  readonly driver: string;
  readonly command: readonly string[];
  readonly createdAt: string;
  readonly isRunning: boolean;
  readonly life: Life;
  readonly labels: Labels;
  readonly ports: readonly string[];
  readonly home: string;
  readonly log: string | undefined;
  readonly record: unknown;
}

const ID = /^[0-9a-f]{64}$/;
// What Go writes for a time that has not come.
const NEVER = '0001-01-01T00:00:00Z';

export function listDockerContainers(
  host: ReadHost,
  places: ContainerdPlaces,
  problems: Problem[],
): DockerContainer[] {
  const directory = dockerContainersPath(places);
  return listNames(host, directory).flatMap((id) =>
    attempt(problems, 'container-unreadable', `${DOCKER_NAMESPACE}/${id}`, () =>
      readDockerContainer(host, `${directory}/${id}`, id),
    ),
  );
}

function listNames(host: ReadHost, directory: string): string[] {
  try {
    const entries = host.readDirectory(directory).filter(({ type }) => type === 'directory');
    return entries.map(({ name }) => name).filter((name) => ID.test(name));
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND', 'INVALID_INPUT')) return [];
    throw error;
  }
}

function readDockerContainer(host: ReadHost, home: string, id: string): DockerContainer {
  const path = `${home}/config.v2.json`;
  return parseDockerContainer(host.readFile(path, 8 << 20), id, home);
}

export function parseDockerContainer(bytes: Buffer, id: string, home: string): DockerContainer {
  const json = parseJson(bytes, `"${home}/config.v2.json"`);
  if (json.get('ID').string() !== id) {
    throw new CutawayError('CORRUPT', `parse "${home}/config.v2.json": it is of another container`);
  }
  const text = (key: string) => json.get(key).optionalString() ?? '';
  const config = json.get('Config');
  const manifest = json.get('ImageManifest').optional((one) => one.get('digest').optionalString());
  const args = json.get('Args').list((one) => one.string());
  const log = text('LogPath');
  return {
    id,
    name: text('Name').replace(/^\//, ''),
    image: config.get('Image').optionalString() ?? text('Image'),
    imageDigests: [text('Image'), manifest ?? ''].filter((digest) => digest !== ''),
    driver: text('Driver'),
    command: [text('Path'), ...args],
    createdAt: text('Created'),
    isRunning:
      json
        .get('State')
        .get('Running')
        .optional((one) => one.boolean()) ?? false,
    life: parseLife(json.get('State')),
    labels: config.get('Labels').optional((one) => one.stringMap()) ?? {},
    ports: parsePorts(json.get('NetworkSettings')),
    home,
    log: log === '' ? undefined : log,
    record: json.value,
  };
}

function parseLife(state: JsonReader): Life {
  const time = (key: string) => {
    const at = state.get(key).optionalString();
    return at === undefined || at === '' || at === NEVER ? undefined : at;
  };
  const [startedAt, finishedAt] = [time('StartedAt'), time('FinishedAt')];
  const exitCode = state.get('ExitCode').optional((code) => code.integer());
  const error = state.get('Error').optionalString() ?? '';
  return {
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(finishedAt === undefined || exitCode === undefined ? {} : { exitCode }),
    ...(error === '' ? {} : { error }),
  };
}

function parsePorts(network: JsonReader): string[] {
  const ports = network.optional((one) => one.get('Ports').optional((map) => map));
  return (ports?.keys() ?? []).flatMap((inside) =>
    (ports?.get(inside).list((one) => one) ?? []).map((binding) => {
      const address = binding.get('HostIp').optionalString() ?? '';
      const port = binding.get('HostPort').optionalString() ?? '';
      return `${address === '' ? '' : `${address}:`}${port}->${inside}`;
    }),
  );
}
