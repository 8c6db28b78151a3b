// What changed: in a container against its image, in a layer against those below, or between
// any two things that have files?
import { CutawayError } from '../oci/error.js';
import type { ImageConfig } from '../oci/image-config.js';
import { diffTrees, diffUpper, type Change } from '../overlay/diff.js';
import { findMoves } from '../overlay/find-moves.js';
import { mergeUpper } from '../overlay/merge.js';
import { countByDirectory, countChanges } from './diff-counts.js';
import { diffConfigs } from './diff-config.js';
import { diffContents, type DiffSide } from './diff-content.js';
import { makeDocument } from './document.js';
import type { Subject } from './documents/common.js';
import type { ChangeRecord, ContentChange, DiffDocument } from './documents/diff.js';
import { findEngineMade } from './engine-made.js';
import { entryFacts, pathFacts } from './entry-facts.js';
import { anyGlob } from './glob.js';
import { changedStack, findContainerImage, imageStack, mergeStack, targetStack } from './stack.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';

type Tree = ImageTarget | ContainerTarget;

export interface DiffQuestionOptions {
  /** Also report a path of which only the modification time differs; default false. */
  readonly time?: boolean;
  /** Only changes of these kinds. */
  readonly kinds?: readonly Change['kind'][];
  /** Only what one of these globs matches. */
  readonly paths?: readonly string[];
  /** Nothing that one of these matches. */
  readonly ignored?: readonly string[];
  /** Also compare text files line by line. */
  readonly content?: boolean;
}

/** With one target: what it changed itself. With two: what differs from the first to the second. */
export async function inspectDiff(
  context: TargetContext,
  first: Tree,
  second: Tree | undefined,
  options: DiffQuestionOptions = {},
): Promise<DiffDocument> {
  if (second !== undefined) return await diffTargets(context, first, second, options);
  if (first.kind === 'container') return await diffContainer(context, first, options);
  return await diffLayer(context, first, options);
}

async function diffContainer(
  context: TargetContext,
  target: ContainerTarget,
  options: DiffQuestionOptions,
): Promise<DiffDocument> {
  if (target.container.directories.lower.length === 0) {
    const what = `container "${target.container.name}" has no layers below its own files`;
    throw new CutawayError('UNSUPPORTED', `${what}: there is nothing to compare them with`, {
      hint: 'name a second target',
    });
  }
  const { lower, upper } = await changedStack(context, target, { hash: true });
  const before = { stack: lower, tree: mergeStack(lower) };
  const stack = {
    layers: [...lower.layers, upper],
    problems: [...lower.problems, ...upper.index.problems],
  };
  const after = { stack, tree: mergeUpper(before.tree, upper.index) };
  return await answer(context, options, {
    subjects: {
      before: findContainerImage(context, target)?.subject ?? target.subject,
      after: target.subject,
    },
    sense: 'container',
    changes: diffUpper(before.tree, upper.index),
    sides: { before, after },
  });
}

/** One image: what its last layer (or layer N of IMAGE@N) changed in those below. */
async function diffLayer(
  context: TargetContext,
  target: ImageTarget,
  options: DiffQuestionOptions,
): Promise<DiffDocument> {
  const stack = await imageStack(target, { hash: true });
  const top = stack.layers.length;
  if (top === 0) throw new CutawayError('INVALID_INPUT', 'the image has no layers');
  const below = { layers: stack.layers.slice(0, -1), problems: [] };
  const before = { stack: below, tree: mergeStack(below) };
  const after = { stack, tree: mergeStack(stack) };
  const name = target.subject.target.replace(/@\d+$/, '');
  return await answer(context, options, {
    subjects: {
      before: { ...target.subject, target: `${name}@${top - 1}` },
      after: { ...target.subject, target: `${name}@${top}` },
    },
    sense: 'trees',
    changes: diffTrees(before.tree, after.tree, treeOptions(options)),
    sides: { before, after },
  });
}

async function diffTargets(
  context: TargetContext,
  first: Tree,
  second: Tree,
  options: DiffQuestionOptions,
): Promise<DiffDocument> {
  const side = async (target: Tree): Promise<DiffSide> => {
    const stack = await targetStack(context, target, { hash: true });
    return { stack, tree: mergeStack(stack) };
  };
  const before = await side(first);
  const after = await side(second);
  const areImages = first.kind === 'image' && second.kind === 'image';
  return await answer(context, options, {
    subjects: { before: first.subject, after: second.subject },
    sense: 'trees',
    changes: diffTrees(before.tree, after.tree, treeOptions(options)),
    sides: { before, after },
    ...(areImages ? { configs: [first.image.config, second.image.config] as const } : {}),
  });
}

function treeOptions({ time = false }: DiffQuestionOptions) {
  return { time, linkedNames: true };
}

interface Found {
  readonly subjects: { readonly before: Subject; readonly after: Subject };
  readonly sense: DiffDocument['sense'];
  readonly changes: readonly Change[];
  readonly sides: { readonly before: DiffSide; readonly after: DiffSide };
  /** Of two images. */
  readonly configs?: readonly [before: ImageConfig, after: ImageConfig];
}

async function answer(
  context: TargetContext,
  options: DiffQuestionOptions,
  { subjects, sense, changes: all, sides, configs }: Found,
): Promise<DiffDocument> {
  const { before, after } = subjects;
  const made = findEngineMade(all);
  const changes = chooseChanges(all, options);
  const moves = findMoves(changes);
  const moved = new Map([...moves].map(([from, to]) => [to, from]));
  const contents =
    options.content === true
      ? await diffContents(
          sides,
          changes.filter(({ path }) => !moves.has(path) && !moved.has(path)),
        )
      : new Map<string, ContentChange>();
  const config = configs === undefined ? {} : { config: diffConfigs(...configs) };
  const lower = sense === 'container' ? sides.before.tree : undefined;
  const byEngine = changes.filter(({ path }) => made.has(path)).length;
  const found = {
    before,
    after,
    sense,
    ...chosenBy(options),
    totals: { ...countChanges(changes, lower), moved: moves.size, byEngine },
    directories: countByDirectory(changes, lower),
    ...config,
    changes: changes.map((change) =>
      changeRecord(change, {
        movedTo: moves.get(change.path),
        movedFrom: moved.get(change.path),
        isByEngine: made.has(change.path),
        content: contents.get(change.path),
      }),
    ),
  };
  // What is below a container is part of it.
  const shown = sense === 'container' ? [sides.after] : [sides.before, sides.after];
  return makeDocument(context.host, 'diff', after, found, [
    ...shown.flatMap(({ stack, tree }) => [...stack.problems, ...tree.problems]),
  ]);
}

function chooseChanges(changes: readonly Change[], options: DiffQuestionOptions): Change[] {
  const { kinds = [], paths = [], ignored = [] } = options;
  const isWanted = anyGlob(paths);
  const isIgnored = anyGlob(ignored);
  return changes.filter(
    ({ kind, path }) =>
      (kinds.length === 0 || kinds.includes(kind)) &&
      isWanted?.(path) !== false &&
      isIgnored?.(path) !== true,
  );
}

function chosenBy({ kinds = [], paths = [], ignored = [] }: DiffQuestionOptions): {
  only?: NonNullable<DiffDocument['only']>;
} {
  if (kinds.length + paths.length + ignored.length === 0) return {};
  return {
    only: {
      ...(kinds.length === 0 ? {} : { kinds: [...kinds] }),
      ...(paths.length === 0 ? {} : { paths: [...paths] }),
      ...(ignored.length === 0 ? {} : { ignored: [...ignored] }),
    },
  };
}

interface ChangeMarks {
  readonly movedTo: string | undefined;
  readonly movedFrom: string | undefined;
  readonly isByEngine: boolean;
  readonly content: ContentChange | undefined;
}

function changeRecord(change: Change, marks: ChangeMarks): ChangeRecord {
  const { movedTo, movedFrom, isByEngine, content } = marks;
  return {
    kind: change.kind,
    ...pathFacts(change.path),
    aspects: [...change.aspects],
    ...(movedTo === undefined ? {} : { movedTo }),
    ...(movedFrom === undefined ? {} : { movedFrom }),
    ...(isByEngine ? { madeBy: 'engine' as const } : {}),
    ...(change.before === undefined ? {} : { before: entryFacts(change.before) }),
    ...(change.after === undefined ? {} : { after: entryFacts(change.after) }),
    ...(content === undefined ? {} : { content }),
  };
}
