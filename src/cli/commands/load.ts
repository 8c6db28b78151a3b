import type { Image, ImageSource } from '../../image/image.js';
import { selectImage } from '../../image/open-image.js';
import { namingFile, openNamedSource } from '../../inspect/open-source.js';
import { CutawayError } from '../../oci/error.js';
import { formatPlatform, parsePlatform, type Platform } from '../../oci/platform.js';
import { familiarReference, isReference, parseReference } from '../../oci/reference.js';
import { addImage } from '../../runtime/store/add-image.js';
import { spool } from '../../runtime/store/spool-layer.js';
import { makeTemporaryDirectory } from '../../runtime/store/temporary.js';
import { familiar } from '../../runtime/store/image-store.js';
import { safeText } from '../../report/text.js';
import { defineCommand } from '../command.js';
import { contextStore, type Context } from '../context.js';
import { bring, findOffer, imageNotFound, isOffered } from '../offered-image.js';
import { showLayerProgress } from '../progress.js';
import { PLATFORM_OPTION } from '../targets.js';

export const load = defineCommand({
  usage: '[OPTIONS] [FILE|DIRECTORY [REFERENCE] | hello-world | busybox]',
  options: {
    ...PLATFORM_OPTION,
    input: {
      type: 'string',
      alias: 'i',
      value: 'FILE',
      describe: 'the same as the first argument; without either, or as -, stdin',
    },
    quiet: { type: 'boolean', alias: 'q', describe: 'no progress' },
  },
  least: 0,
  most: 2,
  examples: [
    'cutaway load image.tar',
    'cutaway load -i image.tar',
    'cutaway load layout-directory web:1',
    'docker save web:1 | cutaway load',
    'cutaway load busybox',
  ],
  async run(context, [first, second], options) {
    const path = options.input ?? first ?? '-';
    const reference = options.input === undefined ? second : first;
    if (path === '-') {
      return await withStdinFile(context, async (file) => {
        const given = { ...options, alone: false };
        return await loadFrom(context, file, reference, given);
      });
    }
    const alone = options.input === undefined && second === undefined;
    return await loadFrom(context, path, reference, { ...options, alone });
  },
});

interface LoadOptions {
  readonly platform: string | undefined;
  readonly quiet: boolean;
  /** Nothing but a name was given, which may be that of an image. */
  readonly alone: boolean;
}

async function loadFrom(
  context: Context,
  path: string,
  reference: string | undefined,
  options: LoadOptions,
): Promise<number> {
  const wanted =
    options.platform === undefined ? context.platform : parsePlatform(options.platform);
  if (options.alone && (await loadOffered(quieted(context, options), path, wanted))) return 0;
  const { limits } = context;
  const source = await openNamedSource(context.host, path, {
    limits,
    ...(options.platform === undefined ? {} : { platform: wanted }),
  });
  try {
    const images =
      reference === undefined ? await source.listImages() : [await selectImage(source, reference)];
    if (images.length === 0) throw await noImages(source, path);
    const store = await contextStore(context);
    for (const image of images) {
      const progress = showLayerProgress(context, image.layers.length, options.quiet);
      await addImage(store, image, {
        references: image.references,
        onProgress: progress.report,
        limits,
      });
      progress.end();
      context.print(`Loaded image${nameOf(image)}\n`);
    }
    return 0;
  } finally {
    source.close();
  }
}

/** What comes on stdin, as a file of the store while it is needed: an archive is read at any place. */
async function withStdinFile<Value>(
  context: Context,
  action: (path: string) => Promise<Value>,
): Promise<Value> {
  const noFile = (reason: string) =>
    new CutawayError('INVALID_INPUT', `load: no file was named, and ${reason}`, {
      hint: 'cutaway load FILE, or cutaway load < FILE',
    });
  if (context.stdin.isTTY) throw noFile('stdin is a terminal');
  const store = await contextStore(context);
  const directory = makeTemporaryDirectory(store);
  try {
    const path = `${directory}/stdin`;
    const { size } = await spool(store, path, context.stdin as AsyncIterable<Buffer>);
    if (size === 0) throw noFile('nothing came on stdin');
    return await action(path);
  } catch (error) {
    throw withoutPath(error, `"${directory}/stdin"`);
  } finally {
    context.host.removeTree(directory);
  }
}

/** Nobody knows our file by its name. */
function withoutPath(error: unknown, path: string): unknown {
  if (!(error instanceof CutawayError) || !error.message.includes(path)) return error;
  const { code, hint, data } = error;
  return new CutawayError(code, error.message.replaceAll(path, 'stdin'), {
    ...(hint === undefined ? {} : { hint }),
    data,
    cause: error,
  });
}

/** A name that is no file may be that of an image which needs none. */
async function loadOffered(context: Context, name: string, platform: Platform): Promise<boolean> {
  if (!isReference(name) || context.host.findStatus(name) !== undefined) return false;
  const reference = parseReference(name);
  const offer = await findOffer(context, reference);
  if (offer === undefined && isOffered(reference)) throw imageNotFound(reference);
  if (offer === undefined) return false;
  await bring(context, await contextStore(context), offer, platform);
  context.print(`Loaded image: ${familiarReference(offer.reference)}\n`);
  return true;
}

function quieted(context: Context, { quiet }: { quiet: boolean }): Context {
  return quiet ? { ...context, note: () => undefined } : context;
}

function nameOf(image: Image): string {
  if (image.references.length === 0) return ` ID: ${image.id}`;
  return `: ${image.references.map((reference) => safeText(familiar(reference))).join(', ')}`;
}

async function noImages(source: ImageSource, path: string): Promise<Error> {
  const [failure] = await source.listFailures();
  if (failure !== undefined) return namingFile(path, failure.error);
  const platforms = (await source.listPlatforms()).map(formatPlatform);
  const hint = platforms.length === 0 ? {} : { hint: `it has ${platforms.join(', ')}` };
  return new CutawayError('NOT_FOUND', `load "${path}": no image for this machine in it`, hint);
}
