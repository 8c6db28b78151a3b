// An image in a registry as an Image: its layers are streamed from there, each time they are read,
// and verified. Parts of a layer are read by Range.
import type { ReadHost } from '../../host/host.js';
import { chainIDs } from '../../oci/chain-id.js';
import { CutawayError } from '../../oci/error.js';
import type { Platform } from '../../oci/platform.js';
import { familiarReference, formatReference, type Reference } from '../../oci/reference.js';
import type { Image, ImageLayer } from '../image.js';
import { layerOver, type LayerPlace } from '../image-layer.js';
import { checkLimit } from '../limits.js';
import { streamBlob, type BlobRequest } from './fetch-blob.js';
import { openRegistry, type Registry, type RegistryOptions } from './registry-client.js';
import { resolveImage, type ResolvedImage } from './resolve-image.js';

export interface RegistryImageOptions extends RegistryOptions {
  readonly platform: Platform;
  readonly isExplicit: boolean;
}

/** The caller closes it. */
export async function openRegistryImage(
  host: ReadHost,
  reference: Reference,
  options: RegistryImageOptions,
): Promise<{ readonly image: Image; readonly close: () => void }> {
  const registry = openRegistry(host, reference.registry, options);
  try {
    const resolved = await resolveImage({
      registry,
      repository: reference.repository,
      what: `read ${familiarReference(reference)}`,
      reference: reference.digest ?? reference.tag ?? 'latest',
      platform: options.platform,
      isExplicit: options.isExplicit,
      signal: options.signal,
    });
    const image = registryImage(registry, reference, resolved, options.signal);
    return {
      image,
      close: () => {
        registry.close();
      },
    };
  } catch (error) {
    registry.close();
    throw error;
  }
}

export function registryImage(
  registry: Registry,
  reference: Reference,
  resolved: ResolvedImage,
  signal?: AbortSignal,
): Image {
  const { manifest, config, configBytes } = resolved;
  const { content, descriptor, bytes } = manifest;
  const diffIDs = config.rootfs.diff_ids;
  if (content.layers.length !== diffIDs.length) {
    const counts = `${content.layers.length} layers, but ${diffIDs.length} diff_ids in the config`;
    throw new CutawayError('CORRUPT', `read ${familiarReference(reference)}: ${counts}`);
  }
  const chain = chainIDs(diffIDs);
  const { repository } = reference;
  const layers = content.layers.map((layer, at): ImageLayer => {
    const index = at + 1;
    const what = `layer ${index} ${layer.digest}`;
    checkLimit(registry.limits, 'totalBytes', layer.size, `read ${what}`);
    const request = { registry, repository, descriptor: layer, what, signal };
    return registryLayer(request, {
      index,
      diffID: diffIDs[at] ?? layer.digest,
      chainID: chain[at] ?? layer.digest,
      limits: registry.limits,
    });
  });
  const full = formatReference(reference);
  return {
    id: content.config.digest,
    manifest: { descriptor, bytes },
    config,
    configBytes,
    configDescriptor: content.config,
    layers,
    names: [full],
    references: [full],
    problems: [],
  };
}

function registryLayer(request: BlobRequest, place: LayerPlace): ImageLayer {
  const { descriptor } = request;
  const layer = layerOver(
    {
      check: () => undefined,
      stream: (range) => streamBlob(request, range),
      readHead: async (length) => {
        const chunks: Buffer[] = [];
        const end = Math.min(length, descriptor.size);
        for await (const chunk of streamBlob(request, { end })) chunks.push(chunk);
        return Buffer.concat(chunks);
      },
    },
    descriptor,
    place,
  );
  return { ...layer, isAddressed: true };
}
