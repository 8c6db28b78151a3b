// Whether a store is whole: what every command may rely on, whatever was killed before.
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { hostPlatform } from '../../src/oci/platform.js';
import type { StorePaths } from '../../src/runtime/store/paths.js';

interface Descriptor {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
}

/** Everything that is wrong with a store; empty when it is whole. */
export function storeFaults(paths: StorePaths): string[] {
  return [
    ...blobFaults(paths),
    ...nameFaults(paths),
    ...directoryFaults(paths),
    ...containerFaults(paths),
    ...strayFiles(paths),
  ];
}

function list(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}

function blobFaults(paths: StorePaths): string[] {
  const directory = `${paths.images}/blobs/sha256`;
  return list(directory).flatMap((name) => {
    const actual = createHash('sha256')
      .update(readFileSync(`${directory}/${name}`))
      .digest('hex');
    return actual === name ? [] : [`blob ${name} is ${actual}`];
  });
}

/** Every name leads to a manifest, a config and layers that are all there and unpacked. */
function nameFaults(paths: StorePaths): string[] {
  if (!existsSync(`${paths.images}/index.json`)) return [];
  const faults: string[] = [];
  const check = ({ digest, size }: Descriptor): string | undefined => {
    const path = `${paths.images}/blobs/sha256/${digest.slice(7)}`;
    const isThere = existsSync(path);
    if (!isThere) faults.push(`no blob ${digest}`);
    else if (lstatSync(path).size !== size) faults.push(`blob ${digest} has the wrong size`);
    return isThere ? path : undefined;
  };
  const json = (descriptor: Descriptor) => {
    const path = check(descriptor);
    return path === undefined ? {} : JSON.parse(readFileSync(path, 'utf8'));
  };
  const visit = (descriptor: Descriptor) => {
    const { manifests, config, layers = [] } = json(descriptor);
    for (const manifest of (manifests ?? []) as Descriptor[]) visit(manifest);
    if (config === undefined) return;
    (layers as Descriptor[]).forEach(check);
    const { architecture, rootfs } = json(config as Descriptor);
    // Of several platforms only that of this machine is unpacked.
    if (architecture !== hostPlatform(process.arch).architecture) return;
    faults.push(...unpackedFaults(paths, (rootfs?.diff_ids ?? []) as string[]));
  };
  const { manifests } = JSON.parse(readFileSync(`${paths.images}/index.json`, 'utf8'));
  for (const descriptor of manifests as Descriptor[]) visit(descriptor);
  return faults;
}

function unpackedFaults(paths: StorePaths, diffIDs: readonly string[]): string[] {
  let chain = '';
  return diffIDs.flatMap((diffID) => {
    const text = `${chain} ${diffID}`;
    chain = chain === '' ? diffID : `sha256:${createHash('sha256').update(text).digest('hex')}`;
    const directory = `${paths.overlay}/${chain.slice(7)}`;
    const index = `${paths.indexes}/${diffID.slice(7)}.index`;
    return [`${directory}/diff`, `${directory}/link`, index]
      .filter((path) => !existsSync(path))
      .map((path) => `no ${path}`);
  });
}

/** Each directory of a layer has its short link, and each link its directory. */
function directoryFaults(paths: StorePaths): string[] {
  // A container gets its link at its first start; its own mount does not need it.
  const directories = list(paths.overlay).filter(
    (name) => name !== 'l' && !existsSync(`${paths.containers}/${name}`),
  );
  const links = new Map(
    list(paths.links).map((name) => [name, readlinkSync(join(paths.links, name))]),
  );
  const unlinked = directories.filter((name) => ![...links.values()].includes(`../${name}/diff`));
  const dangling = [...links].filter(([name]) => !existsSync(join(paths.links, name)));
  return [
    ...unlinked.map((name) => `overlay/${name} has no link`),
    ...dangling.map(([name, target]) => `link ${name} leads to ${target}`),
  ];
}

function containerFaults(paths: StorePaths): string[] {
  const faults = list(paths.containers)
    .filter((name) => name !== 'names')
    .flatMap((id) => {
      const record = `${paths.containers}/${id}/container.json`;
      if (!existsSync(record)) return [`container ${id} has no record`];
      const { name } = JSON.parse(readFileSync(record, 'utf8')) as { name: string };
      const claim = `${paths.names}/${name}`;
      const isOwn =
        lstatSync(claim, { throwIfNoEntry: false }) !== undefined && readlinkSync(claim) === id;
      return isOwn ? [] : [`container ${id} does not have its name ${name}`];
    });
  const names = list(paths.names).filter(
    (name) => !existsSync(`${paths.containers}/${readlinkSync(`${paths.names}/${name}`)}`),
  );
  return [...faults, ...names.map((name) => `the name ${name} is nobody's`)];
}

/** Files that no part of the store knows: what an interrupted write has left. */
function strayFiles(paths: StorePaths): string[] {
  const known: readonly (readonly [string, RegExp])[] = [
    [paths.root, /^(images|overlay|containers|index|tmp|partial|seen|lock|arrivals)$/],
    [paths.images, /^(blobs|index\.json|oci-layout)$/],
    [`${paths.images}/blobs`, /^sha256$/],
    [`${paths.images}/blobs/sha256`, /^[0-9a-f]{64}$/],
    [paths.indexes, /^[0-9a-f]{64}\.(index|json|points)$/],
    [paths.partial, /^sha256-[0-9a-f]{64}(\.lock)?$/],
    [paths.overlay, /^(l|empty-init|[0-9a-f]{64}(-init)?)$/],
    [paths.temporary, /^$/],
    ...list(paths.containers)
      .filter((name) => name !== 'names')
      .map(
        (id) =>
          [
            `${paths.containers}/${id}`,
            /^(container\.json|state\.json|log\.jsonl|bundle|hosts|hostname|resolv\.conf)$/,
          ] as const,
      ),
  ];
  return known.flatMap(([directory, names]) =>
    list(directory)
      .filter((name) => !names.test(name))
      .map((name) => `stray ${directory}/${name}`),
  );
}
