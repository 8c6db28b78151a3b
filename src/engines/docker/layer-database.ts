// image/DRIVER/layerdb of Docker (moby layer/filestore.go): which directory each layer is unpacked
// in, and which layers a container has. Every name is checked before it becomes a path.
import type { ReadHost } from '../../host/host.js';
import { chainIDs } from '../../oci/chain-id.js';
import { isDigest, type Digest } from '../../oci/digest.js';
import { CutawayError, causeText } from '../../oci/error.js';
import type { Problem } from '../../oci/problem.js';
import type { ContainerDirectories, LowerDirectory } from '../engine.js';

/** moby stringid, and what BuildKit calls its snapshots. */
const CACHE_ID = /^[a-z0-9]{1,128}(-init)?$/;
const SHORT_LINK = /^[A-Z0-9]{26}$/;
const SMALL = 4096;
/** As many as overlay2 stacks (moby `maxDepth` is 128), and more. */
const MOST_LAYERS = 1000;

export interface LayerDatabase {
  /** The unpacked layer, if the database has it. */
  layerDirectory(chainID: Digest): LowerDirectory | undefined;
  containerDirectories(id: string): ContainerDirectories;
  /** What its tar was made of (image/tar-split), if the layer is there. */
  findTarSplit(chainID: Digest): string | undefined;
  /** Bytes of its files, as Docker counts them. */
  layerSize(chainID: Digest): number | undefined;
  /** Of the blob that it was pulled as. */
  pulledDigest(diffID: Digest): Digest | undefined;
}

/** `image` is image/DRIVER, `driver` the directory of the driver itself. */
export function layerDatabase(host: ReadHost, image: string, driver: string): LayerDatabase {
  const layerPath = (chainID: Digest, name: string) =>
    `${image}/layerdb/${chainID.replace(':', '/')}/${name}`;
  const layerDirectory = (chainID: Digest): LowerDirectory | undefined => {
    const path = layerPath(chainID, 'cache-id');
    if (host.findStatus(path) === undefined) return undefined;
    return { role: 'layer', ...directoryOf(host, driver, readName(host, path, CACHE_ID)) };
  };
  return {
    layerDirectory,
    findTarSplit: (chainID) =>
      host.findStatus(layerPath(chainID, 'diff')) === undefined
        ? undefined
        : layerPath(chainID, 'tar-split.json.gz'),
    layerSize: (chainID) => readNumber(host, layerPath(chainID, 'size')),
    pulledDigest: (diffID) => readPulled(host, image, diffID),
    containerDirectories: (id) => {
      const problems: Problem[] = [];
      const mount = (name: string) =>
        readName(host, `${image}/layerdb/mounts/${id}/${name}`, CACHE_ID);
      const top = readParent(host, `${image}/layerdb/mounts/${id}/parent`);
      const layers = chainOf(host, layerPath, top).map((chainID, at, all): LowerDirectory => {
        const found = layerDirectory(chainID);
        if (found !== undefined) return { ...found, layerIndex: all.length - at };
        throw new CutawayError('CORRUPT', `the layer ${chainID} of container ${id} is gone`);
      });
      const own = `${driver}/${mount('mount-id')}`;
      const init = directoryOf(host, driver, mount('init-id'));
      const lower = [{ role: 'init' as const, ...init }, ...layers];
      checkLower(host, { own, driver, lower }, problems);
      return {
        lower,
        upper: `${own}/diff`,
        work: `${own}/work`,
        merged: `${own}/merged`,
        ...(problems.length === 0 ? {} : { problems }),
      };
    },
  };
}

function directoryOf(
  host: ReadHost,
  driver: string,
  name: string,
): Pick<LowerDirectory, 'directory' | 'link'> {
  const directory = `${driver}/${name}/diff`;
  try {
    const link = readName(host, `${driver}/${name}/link`, SHORT_LINK);
    return { directory, link: `${driver}/l/${link}` };
  } catch {
    return { directory };
  }
}

/** Top first. A chainID is made of the ones below, so that a parent that lies is found out. */
function chainOf(
  host: ReadHost,
  pathOf: (chainID: Digest, name: string) => string,
  top: Digest | undefined,
): Digest[] {
  const chain: Digest[] = [];
  const diffIDs: Digest[] = [];
  for (let at = top; at !== undefined; at = readParent(host, pathOf(at, 'parent'))) {
    if (chain.includes(at) || chain.length === MOST_LAYERS) {
      throw new CutawayError('CORRUPT', `the parents of layer ${top ?? ''} do not end`);
    }
    chain.push(at);
    diffIDs.push(readDigest(host, pathOf(at, 'diff')));
  }
  const expected = chainIDs(diffIDs.reverse()).reverse();
  const wrong = chain.find((chainID, at) => chainID !== expected[at]);
  if (wrong === undefined) return chain;
  throw new CutawayError('CORRUPT', `layer ${wrong} is not what its parents and diffID make`);
}

/** What overlay2 would mount: `lower` has the short links, top first. */
function checkLower(
  host: ReadHost,
  { own, driver, lower }: { own: string; driver: string; lower: readonly LowerDirectory[] },
  problems: Problem[],
): void {
  const path = `${own}/lower`;
  try {
    const links = host
      .readText(path, 1 << 16)
      .trim()
      .split(':');
    const expected = lower.map(({ link = '' }) => link.slice(driver.length + 1));
    if (links.join(':') === expected.join(':')) return;
    const message = 'the file "lower" names other layers than the layer database';
    problems.push({ code: 'lower-disagrees', message, path });
  } catch (error) {
    problems.push({ code: 'lower-unreadable', message: causeText(error), path });
  }
}

function readName(host: ReadHost, path: string, grammar: RegExp): string {
  const text = host.readText(path, SMALL).trim();
  if (grammar.test(text)) return text;
  const shown = JSON.stringify(text.slice(0, 80));
  throw new CutawayError('CORRUPT', `read "${path}": ${shown} is no name that Docker gives`);
}

function readDigest(host: ReadHost, path: string): Digest {
  const text = host.readText(path, SMALL).trim();
  if (isDigest(text)) return text;
  throw new CutawayError('CORRUPT', `read "${path}": not a digest`);
}

/** The base has no parent. */
function readParent(host: ReadHost, path: string): Digest | undefined {
  return host.findStatus(path) === undefined ? undefined : readDigest(host, path);
}

function readNumber(host: ReadHost, path: string): number | undefined {
  try {
    const text = host.readText(path, SMALL).trim();
    return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

/** moby distribution/metadata/v2_metadata_service.go; a convenience of Docker, not worth an error. */
function readPulled(host: ReadHost, image: string, diffID: Digest): Digest | undefined {
  const path = `${image}/distribution/v2metadata-by-diffid/${diffID.replace(':', '/')}`;
  try {
    if (host.findStatus(path) === undefined) return undefined;
    const list = JSON.parse(host.readText(path, 1 << 20)) as readonly { Digest?: unknown }[];
    const digest = list[0]?.Digest;
    return typeof digest === 'string' && isDigest(digest) ? digest : undefined;
  } catch {
    return undefined;
  }
}
