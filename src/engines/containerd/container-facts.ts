// A container as whoever made it describes it: ctr, nerdctl and the CRI plugin in containerd's
// database, Docker in files of its own.
import type { ReadHost } from '../../host/host.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { CutawayError } from '../../oci/error.js';
import { parseJson } from '../../oci/json-reader.js';
import type { Problem } from '../../oci/problem.js';
import { containerName, publishedPorts } from './container-name.js';
import { readCriStatus, type Life } from './cri-status.js';
import { DOCKER_NAMESPACE, type DockerContainer } from './docker-containers.js';
import { familiarName } from './images.js';
import { attempt, type ContainerEntry, type ContainerdNamespace, type Labels } from './metadata.js';
import { criPath, type ContainerdPlaces } from './places.js';
import { parseSpec, type SpecFacts } from './runtime-spec.js';
import type { ProtobufAny } from './values.js';

export interface ContainerFacts {
  readonly id: string;
  /** With its namespace. */
  readonly name: string;
  readonly namespace: ContainerdNamespace;
  readonly imageReference: string;
  /** What else is known to stand for its image: the name in the database, digests. */
  readonly imageKeys: readonly string[];
  /** As the CRI plugin wrote it down; the image may be gone. */
  readonly imageID?: Digest;
  readonly command: readonly string[];
  readonly createdAt: string | undefined;
  readonly recordedState?: string;
  readonly life: Life;
  readonly labels: Labels;
  readonly ports: readonly string[];
  readonly cgroupPaths: readonly string[];
  readonly snapshotter: string;
  readonly snapshotKey: string;
  readonly home?: string;
  readonly log?: string;
  readonly record: unknown;
}

/** What the reading of one namespace needs. */
export interface FactsContext {
  readonly host: ReadHost;
  readonly places: ContainerdPlaces;
  readonly namespace: ContainerdNamespace;
  readonly docker: readonly DockerContainer[];
  readonly problems: Problem[];
}

export function listContainerFacts(context: FactsContext): ContainerFacts[] {
  const { namespace, docker } = context;
  if (namespace.name === DOCKER_NAMESPACE) {
    const entries = new Map(namespace.containers.map((entry) => [entry.id, entry]));
    const inContainerd = ({ id, driver }: DockerContainer) =>
      namespace.snapshots.get(driver)?.has(id) ?? false;
    return docker.filter(inContainerd).map((one) => dockerFacts(context, one, entries.get(one.id)));
  }
  return namespace.containers.map((entry) => entryFacts(context, entry));
}

function entryFacts(context: FactsContext, entry: ContainerEntry): ContainerFacts {
  const { namespace, problems } = context;
  const { id, image, labels, createdAt, snapshotter, snapshotKey } = entry;
  const spec = readSpec(entry, `${namespace.name}/${id}`, problems);
  const { log, imageRef = '' } = criMetadata(entry.extensions);
  return {
    id,
    name: `${namespace.name}/${containerName(entry)}`,
    namespace,
    imageReference: familiarName(image),
    imageKeys: [image, imageRef].filter((key) => key !== ''),
    ...(isDigest(imageRef) ? { imageID: imageRef } : {}),
    command: spec?.command ?? [],
    createdAt,
    labels,
    ports: publishedPorts(labels),
    cgroupPaths: spec?.cgroupPaths ?? [],
    snapshotter,
    snapshotKey,
    record: recordOf(namespace, entry, spec),
    ...placesOf(context, entry, log),
  };
}

/** What whoever made the container writes beside containerd. */
function placesOf(
  { host, places, namespace, problems }: FactsContext,
  { id, labels }: ContainerEntry,
  log: string | undefined,
): Pick<ContainerFacts, 'life' | 'home' | 'log'> {
  if (labels['io.cri-containerd.kind'] !== undefined) {
    const what = `${namespace.name}/${id}`;
    const read = () => readCriStatus(host, places, id);
    const [life] = attempt(problems, 'cri-status-unreadable', what, read);
    return {
      life: life ?? {},
      ...(life === undefined ? {} : { home: criPath(places, id) }),
      ...(log === undefined || log === '' ? {} : { log }),
    };
  }
  const home = labels['nerdctl/state-dir'] ?? '';
  return home === '' ? { life: {} } : { life: {}, home, log: `${home}/${id}-json.log` };
}

/** Docker removes a container from containerd's database when it ends, and keeps its own. */
function dockerFacts(
  { namespace, problems }: FactsContext,
  docker: DockerContainer,
  entry: ContainerEntry | undefined,
): ContainerFacts {
  const { id, name, image, imageDigests, driver, isRunning, log, ...facts } = docker;
  const what = `${namespace.name}/${name || id}`;
  const spec = entry === undefined ? undefined : readSpec(entry, what, problems);
  return {
    ...facts,
    id,
    name: what,
    namespace,
    imageReference: familiarName(image),
    imageKeys: [...(entry === undefined ? [] : [entry.image]), ...imageDigests],
    ...(isRunning ? { recordedState: 'running' } : {}),
    cgroupPaths: spec?.cgroupPaths ?? [],
    snapshotter: driver,
    snapshotKey: id,
    ...(log === undefined ? {} : { log }),
    record: {
      docker: docker.record,
      ...(entry === undefined ? {} : { containerd: recordOf(namespace, entry, spec) }),
    },
  };
}

function readSpec(
  { spec }: ContainerEntry,
  what: string,
  problems: Problem[],
): SpecFacts | undefined {
  if (spec === undefined) return undefined;
  return attempt(problems, 'spec-unreadable', what, () => parseSpec(spec))[0];
}

/** pkg/cri's container metadata: the log that kubelet reads, and the ID of the image. */
function criMetadata(extensions: ContainerEntry['extensions']): {
  log?: string | undefined;
  imageRef?: string | undefined;
} {
  const extension = extensions['io.cri-containerd.container.metadata'];
  if (extension === undefined) return {};
  try {
    const metadata = parseJson(extension.value, 'CRI metadata').get('Metadata');
    return {
      log: metadata.get('LogPath').optionalString(),
      imageRef: metadata.get('ImageRef').optionalString(),
    };
  } catch (error) {
    if (error instanceof CutawayError) return {};
    throw error;
  }
}

function recordOf(
  namespace: ContainerdNamespace,
  entry: ContainerEntry,
  spec: SpecFacts | undefined,
): unknown {
  const { extensions, spec: stored, ...rest } = entry;
  return {
    namespace: namespace.name,
    ...rest,
    extensions: Object.fromEntries(
      Object.entries(extensions).map(([name, any]) => [name, showAny(any)]),
    ),
    spec: spec?.value ?? (stored === undefined ? null : showAny(stored)),
  };
}

/** containerd writes most of them as JSON; what is not is shown as its bytes. */
function showAny({ type, value }: ProtobufAny): unknown {
  try {
    return { type, value: parseJson(value, type).value };
  } catch (error) {
    if (!(error instanceof CutawayError)) throw error;
    return { type, valueBase64: value.toString('base64') };
  }
}
