// Paths as a process inside would reach them: links are followed in the merged tree and never out
// of it (path_resolution(7)).
import { CutawayError } from '../oci/error.js';
import type { MergedEntry } from '../overlay/merged-tree.js';
import { mergeStack, type Stack } from './stack.js';

/** As the kernel follows them: MAXSYMLINKS. */
const MOST_LINKS = 40;

/** The path, each directory on the way resolved; of the last name only where it is asked for. */
export function resolvePath(
  stack: Stack,
  path: string,
  options: { readonly followLast: boolean },
): string {
  const todo = namesOf(path);
  const done: string[] = [];
  for (let links = 0; ;) {
    const name = todo.shift();
    if (name === undefined) return `/${done.join('/')}`;
    if (name === '..') {
      done.pop();
      continue;
    }
    done.push(name);
    if (todo.length === 0 && !options.followLast) continue;
    const target = findEntry(stack, `/${done.join('/')}`)?.entry.linkTarget;
    if (target === undefined) continue;
    links += 1;
    if (links > MOST_LINKS) {
      throw new CutawayError('INVALID_INPUT', `follow "${path}": more than ${MOST_LINKS} links`, {
        hint: 'they lead in a circle',
      });
    }
    if (target.startsWith('/')) done.length = 0;
    else done.pop();
    todo.unshift(...namesOf(target));
  }
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** One path of the merged tree, without merging the rest. */
export function findEntry(stack: Stack, path: string): MergedEntry | undefined {
  return mergeStack(stack, { root: path, shallow: true }).find(path);
}

/** The stack as it stood after a layer. */
export function stackUpTo(stack: Stack, layer: number): Stack {
  return { ...stack, layers: stack.layers.slice(0, layer) };
}
