// Which directories make up what a container sees, and how are they mounted?
import type { LowerDirectory } from '../engines/engine.js';
import { readMountinfo, type MountinfoLine } from '../ns/mountinfo.js';
import { alignHistory, commandOf } from '../oci/history.js';
import { CutawayError, causeText } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import { diffUpper } from '../overlay/diff.js';
import { contentSize } from '../overlay/layer-summary.js';
import { parseOverlayOptions, type OverlayOptions } from '../overlay/mount-options.js';
import { makeDocument } from './document.js';
import type { LowerRecord, OverlayDocument } from './documents/overlay.js';
import { blobDigest } from './origins.js';
import { changedStack, findContainerImage, mergeStack } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';

export async function inspectOverlay(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
): Promise<OverlayDocument> {
  return target.kind === 'container'
    ? await inspectContainerOverlay(context, target)
    : inspectImageOverlay(context, target);
}

/** An image is not mounted by itself; its layers lie ready in the store. */
function inspectImageOverlay(context: TargetContext, target: ImageTarget): OverlayDocument {
  const { stored, image } = target;
  if (stored === undefined) {
    throw new CutawayError('UNSUPPORTED', `"${target.subject.target}" is not unpacked`, {
      hint: 'cutaway load brings it into the store; layers and tree read it where it is',
    });
  }
  const count = target.upTo ?? image.layers.length;
  const directories = image.layers
    .slice(0, count)
    .flatMap(({ chainID, index }): LowerDirectory[] => {
      const found = stored.engine.layerDirectory(chainID);
      return found === undefined ? [] : [{ ...found, layerIndex: index }];
    })
    .reverse();
  const missing = count - directories.length;
  const problems =
    missing === 0
      ? []
      : [
          {
            code: 'layer-not-unpacked',
            message: `not unpacked here: ${missing} of ${count} layers`,
          },
        ];
  const lower = directories.map((directory, at) => lowerRecord(target, directory, at + 1));
  return makeDocument(
    context.host,
    'overlay',
    target.subject,
    { mounted: false, lower, features: [] },
    problems,
  );
}

async function inspectContainerOverlay(
  context: TargetContext,
  target: ContainerTarget,
): Promise<OverlayDocument> {
  const { upper, work, merged } = target.container.directories;
  const image = findContainerImage(context, target);
  const { line, options } = findMount(context, merged);
  const problems: Problem[] = [];
  const directories = lowerDirectories(context, target, options, problems);
  const counts = upper === undefined ? undefined : await countUpper(context, target, problems);
  const answer = {
    mounted: line !== undefined,
    ...(merged === undefined ? {} : { merged }),
    ...(upper === undefined || counts === undefined
      ? {}
      : { upper: { directory: upper, ...counts } }),
    ...(work === undefined ? {} : { work }),
    lower: directories.map((directory, at) => lowerRecord(image, directory, at + 1)),
    ...(line === undefined ? {} : { mountLine: line.raw }),
    features: (options?.flags ?? []).map(splitFeature),
  };
  return makeDocument(context.host, 'overlay', target.subject, answer, problems);
}

async function countUpper(
  context: TargetContext,
  target: ContainerTarget,
  problems: Problem[],
): Promise<{ added: number; changed: number; deleted: number; contentSize: number }> {
  const { lower, upper } = await changedStack(context, target, { hash: false });
  const { index } = upper;
  problems.push(...lower.problems, ...index.problems);
  const changes = diffUpper(mergeStack(lower), index);
  const count = (kind: string) => changes.filter((change) => change.kind === kind).length;
  return {
    added: count('A'),
    changed: count('C'),
    deleted: count('D'),
    contentSize: contentSize(index.columns),
  };
}

function findMount(
  { host, isLive }: TargetContext,
  merged: string | undefined,
): { line: MountinfoLine | undefined; options: OverlayOptions | undefined } {
  if (!isLive || merged === undefined) return { line: undefined, options: undefined };
  const line = readMountinfo(host, 'self').findLast(
    ({ mountPoint, type }) => mountPoint === merged && type === 'overlay',
  );
  const options = line === undefined ? undefined : parseOverlayOptions(line.rawSuperOptions);
  return { line, options };
}

/** Mounted, the kernel says which directories; else those it would be mounted from. */
function lowerDirectories(
  context: TargetContext,
  target: ContainerTarget,
  options: OverlayOptions | undefined,
  problems: Problem[],
): readonly (LowerDirectory | { role: 'unknown'; directory: string; link?: string })[] {
  const expected = target.container.directories.lower;
  if (options === undefined) return expected;
  return options.lowerdir.map((path) => {
    const directory = resolveLink(context, path, problems);
    const known = expected.find((one) => one.directory === directory || isLinkOf(one, path));
    if (known !== undefined) return known;
    problems.push({
      code: 'unknown-lower',
      message: 'the mount has a lower directory that is no layer of the image',
      path,
    });
    return { role: 'unknown' as const, directory, link: path };
  });
}

/** An engine that mounts from its own directory names links from there on. */
function isLinkOf({ link }: LowerDirectory, path: string): boolean {
  return link === path || (!path.startsWith('/') && link?.endsWith(`/${path}`) === true);
}

function resolveLink({ host }: TargetContext, path: string, problems: Problem[]): string {
  try {
    return host.realPath(path);
  } catch (error) {
    problems.push({ code: 'dangling-lower', message: causeText(error), path });
    return path;
  }
}

function lowerRecord(
  target: ImageTarget | undefined,
  lower: { role: LowerRecord['role']; directory: string; link?: string; layerIndex?: number },
  position: number,
): LowerRecord {
  const base = {
    position,
    role: lower.role,
    directory: lower.directory,
    ...(lower.link === undefined ? {} : { link: lower.link }),
  };
  if (target === undefined) return base;
  const { image, stored } = target;
  const layer = image.layers.find(({ index }) => index === lower.layerIndex);
  if (layer === undefined) return base;
  const step = alignHistory(image.config.history, image.layers.length).layers[layer.index - 1];
  const summary = stored?.engine.findLayerSummary?.(layer.diffID);
  const command = commandOf(step);
  return {
    ...base,
    layer: {
      index: layer.index,
      ...blobDigest(layer),
      diffID: layer.diffID,
      chainID: layer.chainID,
      ...(step?.created_by === undefined ? {} : { createdBy: step.created_by }),
      ...(command === '' ? {} : { command }),
    },
    ...(summary === undefined
      ? {}
      : { entries: summary.entries, contentSize: summary.contentSize }),
  };
}

function splitFeature(flag: string): { name: string; value?: string } {
  const equals = flag.indexOf('=');
  return equals < 0
    ? { name: flag }
    : { name: flag.slice(0, equals), value: flag.slice(equals + 1) };
}
