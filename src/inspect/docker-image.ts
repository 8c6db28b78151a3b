// An image in the shape that `docker image inspect` prints (Docker Engine API, "Inspect an image"):
// tools parse that. What Docker alone knows of is there and empty.
import type { ExecutionConfig } from '../oci/image-config.js';
import { familiarRepository, isReference, parseReference } from '../oci/reference.js';
import { layerSummaries } from './layers.js';
import type { ImageTarget } from './target.js';

/** Keys in Docker's order. */
export async function dockerImage(target: ImageTarget): Promise<Record<string, unknown>> {
  const { image, stored } = target;
  const { config, id, layers } = image;
  const references = (stored?.image.references ?? image.references).filter(isReference);
  const tags = references.map(parseReference);
  const digest = stored?.image.digest ?? image.manifest?.descriptor.digest;
  const repositories = [...new Set(tags.map(familiarRepository))];
  const summaries = await layerSummaries(target);
  const size = summaries.reduce((sum, [, { summary }]) => sum + summary.contentSize, 0);
  return {
    Id: id,
    RepoTags: tags.flatMap((tag) =>
      tag.tag === undefined ? [] : [`${familiarRepository(tag)}:${tag.tag}`],
    ),
    RepoDigests: digest === undefined ? [] : repositories.map((name) => `${name}@${digest}`),
    Parent: '',
    Comment: config.history.at(-1)?.comment ?? '',
    Created: config.created ?? '',
    DockerVersion: '',
    Author: config.author ?? '',
    Config: dockerConfig(config.config ?? {}),
    Architecture: config.architecture,
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os,
    ...(config['os.version'] === undefined ? {} : { OsVersion: config['os.version'] }),
    Size: size,
    VirtualSize: size,
    GraphDriver: graphDriver(target),
    RootFS: { Type: 'layers', Layers: layers.map(({ diffID }) => diffID) },
    Metadata: { LastTagTime: '0001-01-01T00:00:00Z' },
  };
}

function dockerConfig(config: ExecutionConfig): Record<string, unknown> {
  const { ExposedPorts, Healthcheck, StopSignal, StopTimeout, Shell } = config;
  const rare = { ExposedPorts, Healthcheck, StopSignal, StopTimeout, Shell };
  return {
    Hostname: '',
    Domainname: '',
    User: config.User ?? '',
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: config.Env ?? null,
    Cmd: config.Cmd ?? null,
    Image: '',
    Volumes: config.Volumes ?? null,
    WorkingDir: config.WorkingDir ?? '',
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: config.OnBuild ?? null,
    Labels: config.Labels ?? null,
    ...Object.fromEntries(Object.entries(rare).filter(([, value]) => value !== undefined)),
  };
}

/** Top first, as a mount has them; null where layers are not unpacked. */
function graphDriver({ image, stored }: ImageTarget): Record<string, unknown> {
  const directories = image.layers.flatMap(({ chainID }) => {
    const found = stored?.engine.layerDirectory(chainID)?.directory;
    return found === undefined ? [] : [found];
  });
  const [top, ...below] = directories.reverse();
  if (top === undefined) return { Data: null, Name: 'overlay2' };
  const lower = below.length === 0 ? {} : { LowerDir: below.join(':') };
  return { Data: { ...lower, UpperDir: top }, Name: 'overlay2' };
}
