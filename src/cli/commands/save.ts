import { cutawayEngine } from '../../engines/cutaway.js';
import type { Engine, EngineImage } from '../../engines/engine.js';
import type { ImageLayer } from '../../image/image.js';
import {
  archiveTar,
  dockerMembers,
  ociMembers,
  type SavedImage,
  type SavedMember,
} from '../../image/write-archive.js';
import { CutawayError } from '../../oci/error.js';
import { parsePlatform } from '../../oci/platform.js';
import {
  formatReference,
  fullRepository,
  isReference,
  parseReference,
} from '../../oci/reference.js';
import { layerCompression } from '../../oci/media-type.js';
import { cancelOnSignal } from '../cancel-on-signal.js';
import { defineCommand } from '../command.js';
import { PLATFORM_OPTION } from '../targets.js';
import { writeLayout } from '../write-layout.js';
import { requireOutput, writeOutput } from '../write-output.js';

export const save = defineCommand({
  usage: '[OPTIONS] IMAGE…',
  options: {
    output: {
      type: 'string',
      alias: 'o',
      value: 'FILE',
      describe: 'write to a file, not to stdout',
    },
    format: {
      type: 'string',
      value: 'FORMAT',
      choices: ['docker-archive', 'oci-archive', 'oci'],
      describe: 'docker-archive (default), oci-archive, or oci: a layout in a new directory (-o)',
    },
    ...PLATFORM_OPTION,
  },
  least: 1,
  most: Infinity,
  examples: [
    'cutaway save -o web.tar web:1 busybox',
    'cutaway save web:1 | docker load',
    'cutaway save --format oci -o layout web:1',
  ],
  async run(context, names, { output, format = 'docker-archive', platform }) {
    if (format === 'oci' && output === undefined) {
      throw new CutawayError('INVALID_INPUT', 'save: --format oci is a directory: -o says where');
    }
    requireOutput(context, 'save', output);
    const wanted = platform === undefined ? context.platform : parsePlatform(platform);
    const engine = cutawayEngine({
      host: context.host,
      isLive: true,
      platform: wanted,
      limits: context.limits,
      root: context.dataRoot,
    });
    const saved = names.flatMap((name) => findSaved(engine, name));
    const members = await listMembers(engine, saved, format);
    await cancelOnSignal(async (signal) => {
      if (format !== 'oci') await writeOutput(context, archiveTar(members), output, signal);
      else await writeLayout(context, members, output ?? '', signal);
    });
    return 0;
  },
});

/** As Docker: by name it goes under that name, by ID under none, by a bare name under all its tags. */
function findSaved(engine: Engine, text: string): SavedImage[] {
  if (isReference(text)) {
    const { tag, digest } = parseReference(text);
    const isBare = digest === undefined && tag === 'latest' && !text.endsWith(':latest');
    const tagged = isBare ? allTags(engine, text) : [];
    if (tagged.length > 0) return tagged;
  }
  const image = engine.findImage(text);
  if (image === undefined) {
    throw new CutawayError('NOT_FOUND', `no such image: ${text}`, {
      hint: 'cutaway images lists those in the store',
    });
  }
  const full = isReference(text) ? formatReference(parseReference(text)) : undefined;
  const isNamed = full !== undefined && fullReferences(image).includes(full);
  return [{ image: engine.openImage(image), references: isNamed ? [full] : [] }];
}

function allTags(engine: Engine, text: string): SavedImage[] {
  const repository = fullRepository(parseReference(text));
  return engine.listImages().flatMap((image) => {
    const references = fullReferences(image).filter(
      (reference) => fullRepository(parseReference(reference)) === repository,
    );
    return references.length === 0 ? [] : [{ image: engine.openImage(image), references }];
  });
}

function fullReferences({ references }: EngineImage): string[] {
  return references.filter(isReference).map((name) => formatReference(parseReference(name)));
}

async function listMembers(
  engine: Engine,
  saved: readonly SavedImage[],
  format: string,
): Promise<SavedMember[]> {
  if (format !== 'docker-archive') return ociMembers(saved);
  return await dockerMembers(saved, { tarSize: (layer) => tarSize(engine, layer) });
}

/** Known from when it was indexed; else it is read for that. */
async function tarSize(engine: Engine, layer: ImageLayer): Promise<number> {
  const { descriptor, diffID } = layer;
  if (layerCompression(descriptor.mediaType) === 'none') return descriptor.size;
  const known = engine.findLayerSummary?.(diffID)?.uncompressedSize;
  if (known !== undefined) return known;
  let size = 0;
  for await (const chunk of layer.openTar() as AsyncIterable<Buffer>) size += chunk.length;
  return size;
}
