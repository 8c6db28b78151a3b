// What changed: in a container against its image, in a layer against those below, or between
// any two things that have files?
import { CutawayError } from '../oci/error.js';
import { diffTrees, diffUpper, type Change } from '../overlay/diff.js';
import type { Problem } from '../oci/problem.js';
import { makeDocument } from './document.js';
import type { Subject } from './documents/common.js';
import type { DiffDocument } from './documents/diff.js';
import { entryFacts, pathFacts } from './entry-facts.js';
import {
  containerImage,
  imageStack,
  lowerStack,
  mergeStack,
  targetStack,
  upperLayer,
} from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';

type Tree = ImageTarget | ContainerTarget;

export interface DiffQuestionOptions {
  /** Also report a path of which only the modification time differs; default false. */
  readonly time?: boolean;
}

/** With one target: what it changed itself. With two: what differs from the first to the second. */
export async function inspectDiff(
  context: TargetContext,
  first: Tree,
  second: Tree | undefined,
  options: DiffQuestionOptions = {},
): Promise<DiffDocument> {
  if (second !== undefined) return await diffTargets(context, first, second, options);
  if (first.kind === 'container') return await diffContainer(context, first);
  return await diffLayer(context, first, options);
}

async function diffContainer(
  context: TargetContext,
  target: ContainerTarget,
): Promise<DiffDocument> {
  const lower = await lowerStack(context, target, { hash: true });
  const upper = upperLayer(context, target, { hash: true });
  const changes = diffUpper(mergeStack(lower), upper.index);
  const before = containerImage(context, target).subject;
  const problems = [...lower.problems, ...upper.index.problems];
  return answer(context, { before, after: target.subject, sense: 'container', changes, problems });
}

/** One image: what its last layer (or layer N of IMAGE@N) changed in those below. */
async function diffLayer(
  context: TargetContext,
  target: ImageTarget,
  options: DiffQuestionOptions,
): Promise<DiffDocument> {
  const stack = await imageStack(target);
  const top = stack.layers.length;
  if (top === 0) throw new CutawayError('INVALID_INPUT', 'the image has no layers');
  const below = { layers: stack.layers.slice(0, -1), problems: [] };
  const changes = diffTrees(mergeStack(below), mergeStack(stack), options);
  const name = target.subject.target.replace(/@\d+$/, '');
  return answer(context, {
    before: { ...target.subject, target: `${name}@${top - 1}` },
    after: { ...target.subject, target: `${name}@${top}` },
    sense: 'trees',
    changes,
    problems: stack.problems,
  });
}

async function diffTargets(
  context: TargetContext,
  first: Tree,
  second: Tree,
  options: DiffQuestionOptions,
): Promise<DiffDocument> {
  const before = await targetStack(context, first, { hash: true });
  const after = await targetStack(context, second, { hash: true });
  return answer(context, {
    before: first.subject,
    after: second.subject,
    sense: 'trees',
    changes: diffTrees(mergeStack(before), mergeStack(after), options),
    problems: [...before.problems, ...after.problems],
  });
}

interface Answer {
  readonly before: Subject;
  readonly after: Subject;
  readonly sense: DiffDocument['sense'];
  readonly changes: readonly Change[];
  readonly problems: readonly Problem[];
}

function answer(context: TargetContext, found: Answer): DiffDocument {
  const { before, after, sense, changes, problems } = found;
  const count = (kind: Change['kind']) => changes.filter((change) => change.kind === kind).length;
  return makeDocument(
    context.host,
    'diff',
    after,
    {
      before,
      after,
      sense,
      totals: { added: count('A'), changed: count('C'), deleted: count('D') },
      changes: changes.map((change) => ({
        kind: change.kind,
        ...pathFacts(change.path),
        aspects: [...change.aspects],
        ...(change.before === undefined ? {} : { before: entryFacts(change.before) }),
        ...(change.after === undefined ? {} : { after: entryFacts(change.after) }),
      })),
    },
    problems,
  );
}
