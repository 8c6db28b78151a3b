// What the checks of all stores have in common.
import type { ReadHost } from '../host/host.js';
import { causeText, CutawayError } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import type {
  EngineContainer,
  EngineImage,
  StoreCheck,
  StoreFinding,
  StoreFindingKind,
} from './engine.js';
import { measureTree } from './measure-tree.js';

/** Collects findings; what cannot be looked at is a problem and hides nothing else. */
export class StoreFindings {
  readonly host: ReadHost;
  readonly #findings: StoreFinding[] = [];
  readonly #problems: Problem[] = [];
  layers = 0;

  constructor(host: ReadHost) {
    this.host = host;
  }

  add(kind: StoreFindingKind, path: string | undefined, message: string): void {
    this.#findings.push({ kind, message, ...(path === undefined ? {} : { path }) });
  }

  /** Of what is in nobody's use: with what it takes. */
  addWaste(kind: StoreFindingKind, path: string, message: string): void {
    this.#findings.push({ kind, path, message, bytes: measureTree(this.host, path) });
  }

  /** Names in a directory; none where there is no such directory. */
  names(directory: string): string[] {
    return (
      this.attempt(directory, () =>
        this.host.findStatus(directory) === undefined
          ? []
          : this.host.readDirectory(directory).map(({ name }) => name),
      ) ?? []
    );
  }

  isThere(path: string): boolean {
    return this.attempt(path, () => this.host.findStatus(path)) !== undefined;
  }

  attempt<Value>(path: string, read: () => Value): Value | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof CutawayError)) throw error;
      this.#problems.push({ code: 'store-unreadable', message: causeText(error), path });
      return undefined;
    }
  }

  /** Problems that an engine tells of its lists are findings here. */
  addProblems(problems: readonly Problem[]): void {
    for (const { code, message, path } of problems) {
      this.add(KINDS[code] ?? 'damaged', path, message);
    }
  }

  /** Short links that overlay2 mounts by: each leads to "../ID/diff". */
  checkLinks(links: string): void {
    for (const name of this.names(links)) {
      const path = `${links}/${name}`;
      const target = this.attempt(path, () =>
        this.host.findStatus(path)?.type === 'symlink' ? this.host.readLink(path) : undefined,
      );
      const [, id] = /^\.\.\/([^/]+)\/diff$/.exec(target ?? '') ?? [];
      const place = `${links.slice(0, links.lastIndexOf('/'))}/${id ?? ''}/diff`;
      if (id === undefined || id === '..' || !this.isThere(place)) {
        this.add('danglingLink', path, `leads to "${target ?? ''}", where no layer is`);
      }
    }
  }

  /** Containers of images that are gone, and of layers that are. */
  checkContainers(containers: readonly EngineContainer[], images: readonly EngineImage[]): void {
    const known = new Set<string>(images.map(({ id }) => id));
    for (const { name, imageID, directories, home } of containers) {
      if (imageID !== undefined && !known.has(imageID)) {
        this.add('goneImage', home, `the image ${imageID} of container "${name}" is not there`);
      }
      for (const { code, message, path } of directories.problems ?? []) {
        const kind = code.startsWith('lower') ? 'lower' : 'missingLayer';
        this.add(kind, path ?? home, `container "${name}": ${message}`);
      }
    }
  }

  /** For engines whose layers are not looked at one by one. */
  checkLower(containers: readonly EngineContainer[]): void {
    for (const { name, directories } of containers) {
      for (const { role, directory } of directories.lower) {
        if (role === 'init') continue;
        if (this.isThere(directory)) continue;
        this.add('missingLayer', directory, `a layer of container "${name}" is not there`);
      }
    }
  }

  finish(): StoreCheck {
    return { layers: this.layers, findings: this.#findings, problems: this.#problems };
  }
}

const KINDS: Readonly<Record<string, StoreFindingKind>> = {
  'image-missing': 'goneImage',
  'container-image-gone': 'goneImage',
  'layer-missing': 'missingLayer',
};
