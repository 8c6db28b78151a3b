// Which file of a layer or a container has an inode of this number. Numbers are of a file system each:
// several files can have one.
import type { Engine } from '../engines/engine.js';
import type { ReadHost } from '../host/host.js';
import { joinPath } from '../image/tar-path.js';
import { CutawayError } from '../oci/error.js';
import type { WhoseAnswer } from './documents/whose.js';
import { pathFacts } from './entry-facts.js';
import { fileFacts } from './whose-facts.js';
import type { Place } from './whose-places.js';

/** Of all layers together. */
const MOST = 5_000_000;

export function answersOfInode(
  engines: readonly Engine[],
  places: readonly Place[],
  inode: bigint,
): WhoseAnswer[] {
  const hosts = new Map(engines.map(({ name, host }) => [name, host]));
  const byDirectory = new Map<string, Place[]>();
  for (const place of places) {
    const { relation, layer } = place.answer;
    const isTree =
      relation === 'upper'
        ? place.path.endsWith('/diff') || place.path.endsWith('/fs')
        : layer?.directory === place.path;
    if (!isTree) continue;
    byDirectory.set(place.path, [...(byDirectory.get(place.path) ?? []), place]);
  }
  let left = MOST;
  return [...byDirectory].flatMap(([directory, owners]) => {
    const host = hosts.get(owners[0]?.answer.engine ?? '');
    if (host === undefined) return [];
    const { paths, looked } = findInode(host, directory, inode, left);
    left -= looked;
    return paths.flatMap((path) =>
      owners.map(({ answer }) => ({
        ...answer,
        relation: answer.relation === 'upper' ? ('upper' as const) : ('file' as const),
        ...pathFacts(path),
        ...fileFacts(directory + (path === '/' ? '' : path)),
      })),
    );
  });
}

function findInode(
  host: ReadHost,
  directory: string,
  inode: bigint,
  most: number,
): { paths: string[]; looked: number } {
  const paths: string[] = [];
  const stack = ['/'];
  let looked = 0;
  for (let at = stack.pop(); at !== undefined && looked < most; at = stack.pop()) {
    looked += 1;
    const whole = at === '/' ? directory : directory + at;
    try {
      const status = host.findStatus(whole);
      if (status?.inode === inode) paths.push(at);
      if (status?.type !== 'directory') continue;
      for (const { name } of host.readDirectory(whole)) stack.push(joinPath(at, name));
    } catch (error) {
      if (!(error instanceof CutawayError)) throw error;
    }
  }
  return { paths: paths.sort(), looked };
}
