// Which layers added, changed, hid or deleted a path?
import { CutawayError } from '../oci/error.js';
import { blamePath, type BlameEvent } from '../overlay/blame.js';
import { countChildren } from '../overlay/count-children.js';
import { makeDocument } from './document.js';
import type { BlameDocument } from './documents/blame.js';
import type { Origin } from './documents/origin.js';
import { entryFacts, pathFacts } from './entry-facts.js';
import { layerOrigins } from './origins.js';
import { targetStack, type Stack } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';
import { canonicalPath } from './canonical-path.js';

type Event = BlameDocument['events'][number];

export async function inspectBlame(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
  text: string,
): Promise<BlameDocument> {
  const path = canonicalPath(text);
  const stack = await targetStack(context, target, { hash: true });
  const events = blamePath(
    stack.layers.map(({ index }) => index),
    path,
  );
  refuseUnknown(path, events);
  const last = events.findLast(({ kind }) => kind !== 'void');
  const visible = last?.entry === undefined ? undefined : last;
  const origins = layerOrigins(context, target, stack);
  const answer = {
    ...pathFacts(path),
    layers: stack.layers.length,
    ...(visible === undefined ? {} : { visible: visible.layer }),
    events: events.map((event) => describe(stack, origins, event, event === visible)),
  };
  return makeDocument(context.host, 'blame', target.subject, answer, stack.problems);
}

function refuseUnknown(path: string, events: readonly BlameEvent[]): void {
  if (events.some(({ entry }) => entry !== undefined)) return;
  const [whiteout] = events;
  throw new CutawayError('NOT_FOUND', `no layer has "${path}"`, {
    hint:
      whiteout === undefined
        ? 'cutaway tree shows what there is, cutaway recover what there was'
        : `layer ${whiteout.layer} has a whiteout of it all the same`,
  });
}

function describe(
  stack: Stack,
  origins: readonly Origin[],
  event: BlameEvent,
  visible: boolean,
): Event {
  const { layer, kind, path, aspects, by, from, entry, contentLayer } = event;
  const origin = origins[layer - 1] ?? { layer, role: 'layer' };
  const index = stack.layers[layer - 1]?.index;
  const children = index === undefined ? undefined : countChildren(index, path);
  return {
    ...origin,
    kind,
    ...pathFacts(path),
    visible,
    aspects: [...aspects],
    ...(by === undefined ? {} : { by: { ...pathFacts(by.path), what: by.what } }),
    ...(from === undefined ? {} : { from }),
    ...(entry === undefined ? {} : { entry: entryFacts(entry) }),
    ...(contentLayer === undefined ? {} : { contentLayer }),
    ...(entry?.opaque === true && layer > 1 ? { opaque: true } : {}),
    ...(children === undefined ? {} : { children }),
  };
}
