// image/DRIVER of Docker: repositories.json (names) and imagedb (configs, by their digest).
import type { ReadHost } from '../../host/host.js';
import type { Image } from '../../image/image.js';
import { chainIDs } from '../../oci/chain-id.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { causeText } from '../../oci/error.js';
import { parseJson } from '../../oci/json-reader.js';
import { formatPlatform } from '../../oci/platform.js';
import type { Problem } from '../../oci/problem.js';
import type { EngineImage } from '../engine.js';
import { readConfig, unpackedImage } from '../unpacked-image.js';
import type { LayerDatabase } from './layer-database.js';

export interface DockerStore {
  readonly engine: string;
  readonly host: ReadHost;
  /** image/DRIVER */
  readonly directory: string;
  readonly layers: LayerDatabase;
}

interface Names {
  readonly tags: ReadonlyMap<Digest, readonly string[]>;
  readonly digests: ReadonlyMap<Digest, Digest>;
}

const HEX = /^[0-9a-f]{64}$/;
const CONFIG_LIMIT = 8 << 20;

export function listDockerImages(store: DockerStore, problems: Problem[]): EngineImage[] {
  const { host, directory } = store;
  const content = `${directory}/imagedb/content/sha256`;
  if (host.findStatus(content) === undefined) return [];
  const names = readNames(store, problems);
  const images = host
    .readDirectory(content)
    .filter(({ name }) => HEX.test(name))
    .flatMap(({ name }): EngineImage[] => {
      try {
        return [readImage(store, `sha256:${name}`, names)];
      } catch (error) {
        const path = `${content}/${name}`;
        problems.push({ code: 'image-unreadable', message: causeText(error), path });
        return [];
      }
    });
  reportLost(images, names, problems);
  return images.sort((a, b) => ((a.createdAt ?? '') < (b.createdAt ?? '') ? 1 : -1));
}

function readImage(store: DockerStore, id: Digest, names: Names): EngineImage {
  const config = readConfig(id, readConfigBytes(store, id));
  const diffIDs = config.rootfs.diff_ids;
  const chain = chainIDs(diffIDs);
  const sizes = chain.map((chainID) => store.layers.layerSize(chainID));
  const contentSize = sizes.reduce((sum: number, size) => sum + (size ?? NaN), 0);
  return {
    engine: store.engine,
    id,
    references: names.tags.get(id) ?? [],
    digest: names.digests.get(id) ?? id,
    platform: formatPlatform(config),
    ...(config.created === undefined ? {} : { createdAt: config.created }),
    layers: diffIDs.map((diffID, at) => ({ diffID, chainID: chain[at] ?? diffID })),
    ...(Number.isNaN(contentSize) ? {} : { contentSize }),
  };
}

export function openDockerImage(store: DockerStore, { id, references }: EngineImage): Image {
  return unpackedImage(id, {
    engine: store.engine,
    configBytes: readConfigBytes(store, id),
    references,
    blobOf: (diffID) => {
      const digest = store.layers.pulledDigest(diffID);
      return digest === undefined ? undefined : { digest };
    },
  });
}

function readConfigBytes({ host, directory }: DockerStore, id: Digest): Buffer {
  return host.readFile(`${directory}/imagedb/content/${id.replace(':', '/')}`, CONFIG_LIMIT);
}

/** moby reference/store.go: names by repository, familiar as a user writes them. */
function readNames({ host, directory }: DockerStore, problems: Problem[]): Names {
  const tags = new Map<Digest, string[]>();
  const digests = new Map<Digest, Digest>();
  const path = `${directory}/repositories.json`;
  try {
    if (host.findStatus(path) === undefined) return { tags, digests };
    const document = parseJson(host.readFile(path), 'repositories.json');
    const repositories = document.get('Repositories').map((names) => names.stringMap());
    for (const names of Object.values(repositories)) {
      for (const [name, id] of Object.entries(names)) {
        const digest = name.slice(name.indexOf('@') + 1);
        if (!isDigest(id)) continue;
        if (!name.includes('@')) tags.set(id, [...(tags.get(id) ?? []), name].sort());
        else if (isDigest(digest)) digests.set(id, digest);
      }
    }
  } catch (error) {
    problems.push({ code: 'names-unreadable', message: causeText(error), path });
  }
  return { tags, digests };
}

function reportLost(images: readonly EngineImage[], { tags }: Names, problems: Problem[]): void {
  const known = new Set(images.map(({ id }) => id));
  for (const [id, names] of tags) {
    if (known.has(id)) continue;
    const message = `${names.join(', ')} stands for image ${id}, which is not there`;
    problems.push({ code: 'image-missing', message });
  }
}
