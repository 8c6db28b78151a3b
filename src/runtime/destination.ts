// A directory that files of an image are written into, and nothing outside of it: each name on the
// way is opened with O_NOFOLLOW in the directory before it, new files are made with O_EXCL, and no
// link that is in the way is followed or replaced.
import { createHash, randomBytes } from 'node:crypto';
import { finished } from 'node:stream/promises';
import type { HeldDirectory, Host } from '../host/host.js';
import { causeText, CutawayError } from '../oci/error.js';
import type { OrdinaryEntry } from '../overlay/layer-entry.js';

export interface DestinationOptions {
  /** Replace files and enter directories that are there already. */
  readonly force: boolean;
  /** Owners, xattrs, and the special bits of modes. */
  readonly preserve: boolean;
}

interface Place {
  /** In the directory that is held. */
  readonly path: string;
  readonly status: ReturnType<Host['findStatus']>;
}

export class Destination {
  /** As it is called in messages and documents. */
  readonly directory: string;
  readonly #host: Host;
  readonly #options: DestinationOptions;
  readonly #root: HeldDirectory;
  /** Made or entered, with what is still to be set when everything in them is there. */
  readonly #directories = new Map<string, OrdinaryEntry | undefined>([['', undefined]]);
  #open: { readonly file: string; readonly held: HeldDirectory } | undefined;

  /** `directory` is the user's own: links on the way to it are followed; it is made if missing. */
  constructor(host: Host, directory: string, options: DestinationOptions) {
    this.#host = host;
    this.#options = options;
    if (host.findStatus(directory) === undefined)
      host.createDirectory(directory, { parents: true });
    this.directory = host.realPath(directory);
    this.#root = host.holdDirectory(this.directory);
  }

  makeDirectory(file: string, entry: OrdinaryEntry): void {
    if (file === '') return;
    this.#within(file, 'make', ({ path, status }) => {
      if (status === undefined) this.#host.createDirectory(path, { mode: 0o700 });
      else if (status.type !== 'directory') throw inTheWay(status.type);
      else if (!this.#options.force && !this.#directories.has(file)) throw exists();
      this.#directories.set(file, entry);
    });
  }

  /** The sha256 of what was written. A file is whole or not there. */
  async writeFile(
    file: string,
    entry: OrdinaryEntry,
    chunks: AsyncIterable<Buffer>,
  ): Promise<string> {
    const held = this.#holdParent(file);
    const { path, replaced } = this.#within(file, 'write', (place) => this.#freePlace(place));
    const made = replaced ? `${held.path}/.cutaway-${randomBytes(8).toString('hex')}` : path;
    const stream = this.#shown(file, 'write', () => this.#host.createFile(made, 0o600));
    try {
      const sha256 = await writeChunks(stream, chunks);
      this.#shown(file, 'write', () => {
        this.#setFacts(made, entry);
        if (replaced) this.#host.rename(made, path);
      });
      return sha256;
    } catch (error) {
      stream.destroy();
      this.#host.removeFile(made);
      throw error;
    }
  }

  makeHardLink(file: string, first: string): void {
    this.#within(first, 'link', (from) => {
      const parent = this.#host.holdDirectory(`${this.#holdParent(first).path}/.`);
      const source = `${parent.path}/${from.path.slice(from.path.lastIndexOf('/') + 1)}`;
      try {
        this.#within(file, 'link', (place) => {
          const { path, replaced } = this.#freePlace(place);
          if (replaced) this.#host.removeFile(path);
          this.#host.createHardLink(source, path);
        });
      } finally {
        parent.close();
      }
    });
  }

  makeSymlink(file: string, entry: OrdinaryEntry): void {
    this.#within(file, 'link', (place) => {
      const { path, replaced } = this.#freePlace(place);
      if (replaced) this.#host.removeFile(path);
      this.#host.createSymlink(entry.linkTarget ?? '', path);
      if (this.#options.preserve) this.#host.setOwner(path, entry.uid, entry.gid);
      this.#host.setModifiedTime(path, BigInt(entry.mtime));
    });
  }

  /**
   * Modes and times of directories, which making what is in them would have changed; `onFailure`
   * is told of those that cannot be set.
   */
  finish(onFailure: (file: string, error: unknown) => void): void {
    for (const [file, entry] of [...this.#directories].reverse()) {
      if (entry === undefined) continue;
      try {
        this.#within(file, 'set', ({ path, status }) => {
          if (status?.type !== 'directory') return;
          if (entry.implicit === true) this.#host.setMode(path, entry.mode & 0o777);
          else this.#setFacts(path, entry);
        });
      } catch (error) {
        onFailure(file, error);
      }
    }
  }

  close(): void {
    this.#open?.held.close();
    this.#root.close();
  }

  /** Where a file may come to stand; `replaced`: something gives way to it. */
  #freePlace({ path, status }: Place): { path: string; replaced: boolean } {
    if (status === undefined) return { path, replaced: false };
    if (status.type !== 'file') throw inTheWay(status.type);
    if (!this.#options.force) throw exists();
    return { path, replaced: true };
  }

  #setFacts(path: string, entry: OrdinaryEntry): void {
    const { preserve } = this.#options;
    if (preserve) this.#host.setOwner(path, entry.uid, entry.gid);
    this.#host.setMode(path, entry.mode & (preserve ? 0o7777 : 0o777));
    if (preserve) {
      for (const [name, value] of Object.entries(entry.xattrs ?? {})) {
        this.#host.setXattr(path, name, Buffer.from(value, 'base64'));
      }
    }
    this.#host.setModifiedTime(path, BigInt(entry.mtime));
  }

  #within<Value>(file: string, verb: string, action: (place: Place) => Value): Value {
    return this.#shown(file, verb, () => {
      const held = this.#holdParent(file);
      const path = `${held.path}/${checkName(file.slice(file.lastIndexOf('/') + 1))}`;
      return action({ path, status: this.#host.findStatus(path) });
    });
  }

  /** The directory that a name is in: only those that were made or entered on purpose. */
  #holdParent(file: string): HeldDirectory {
    const parent = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '';
    if (parent === '') return this.#root;
    if (this.#open?.file === parent) return this.#open.held;
    if (!this.#directories.has(parent)) {
      throw new CutawayError('UNAVAILABLE', `its directory "${parent}" was not written`);
    }
    const held = this.#walk(parent.split('/'));
    this.#open?.held.close();
    this.#open = { file: parent, held };
    return held;
  }

  #walk(names: readonly string[]): HeldDirectory {
    let held = this.#root;
    for (const name of names) {
      try {
        const next = this.#host.holdDirectory(`${held.path}/${checkName(name)}`);
        if (held !== this.#root) held.close();
        held = next;
      } catch (error) {
        if (held !== this.#root) held.close();
        throw error;
      }
    }
    return held;
  }

  /** An error with the name that people know the place by. */
  #shown<Value>(file: string, verb: string, action: () => Value): Value {
    try {
      return action();
    } catch (error) {
      const code = error instanceof CutawayError ? error.code : 'INTERNAL';
      const cause = causeText(error).replace(/^\w+ "\/proc\/self\/fd\/[^]*": (?=E[A-Z0-9]+$)/, '');
      const message = `${verb} "${this.directory}/${file}": ${cause}`;
      throw new CutawayError(code, message, { cause: error });
    }
  }
}

async function writeChunks(
  stream: ReturnType<Host['createFile']>,
  chunks: AsyncIterable<Buffer>,
): Promise<string> {
  const hash = createHash('sha256');
  let failure: unknown;
  const done = finished(stream).catch((error: unknown) => (failure = error));
  for await (const chunk of chunks) {
    hash.update(chunk);
    if (!stream.write(chunk)) {
      await Promise.race([new Promise((resolve) => stream.once('drain', resolve)), done]);
    }
    if (failure !== undefined) break;
  }
  stream.end();
  await done;
  if (failure === undefined) return hash.digest('hex');
  throw new CutawayError('UNAVAILABLE', `write: ${causeText(failure)}`, { cause: failure });
}

/** An index has no such names; a door does not ask who has looked before. */
function checkName(name: string): string {
  const isName = name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
  if (isName) return name;
  throw new CutawayError('INVALID_INPUT', `${JSON.stringify(name)} is no name for a file`);
}

function exists(): CutawayError {
  return new CutawayError('ALREADY_EXISTS', 'it exists; --force replaces files');
}

function inTheWay(type: string): CutawayError {
  return new CutawayError('IN_USE', `a ${type} is in the way`);
}
