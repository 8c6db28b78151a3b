// One trick each: what it is, where it hurt somebody, and what is to come of it here.
import { mkdirSync, writeFileSync } from 'node:fs';
import { buildDockerArchive, type ImageOptions } from '../support/build-image.js';
import { tarOf } from '../support/build-tar.js';

export interface HostileCase {
  readonly name: string;
  /** In one line. */
  readonly trick: string;
  /** Where it is known from: a CVE, an issue, a specification. */
  readonly evidence: string;
  /** Writes the evidence below `directory` and returns what is given to the program. */
  readonly make: (directory: string) => string;
  readonly expect: Expectation;
  /** Put before every command: `--limit` and the like. */
  readonly options?: readonly string[];
}

export interface Expectation {
  /** The first line on stderr when it is refused; the same for every command. */
  readonly refused?: RegExp;
  /** How `load` refuses what can be looked at all the same; what cannot be unpacked, mostly. */
  readonly notLoaded?: RegExp;
  /** It is loaded although it cannot be looked at. */
  readonly loads?: true;
  /** Of `tree`: all problems, as "code path", in any order. */
  readonly problems?: readonly string[];
  /** Of `tree`: all entries, as "f /etc/passwd"; "?" behind the letter marks an implied parent. */
  readonly entries?: readonly string[];
  /** Text that the table of `tree` must show. */
  readonly shows?: readonly string[];
  /** What else is to hold of the answers. */
  readonly check?: (answers: Answers) => string | undefined;
}

/** What the commands said; documents are undefined where the command refused. */
export interface Answers {
  readonly tree: TreeAnswer | undefined;
  readonly layers: LayersAnswer | undefined;
}

export interface TreeAnswer {
  readonly problems: readonly { code: string; message: string; path?: string }[];
  readonly entries: readonly TreeRow[];
}

export interface TreeRow {
  readonly path: string;
  readonly type: string;
  readonly size: number;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: string;
  readonly layer: number;
  readonly implicit?: boolean;
  readonly linkTarget?: string;
  readonly hardLinkTo?: string;
  readonly sha256?: string;
  readonly pathBase64?: string;
}

export interface LayersAnswer {
  readonly layers: readonly { digest: string; createdBy?: string; command?: string }[];
  readonly problems: readonly { code: string; message: string }[];
  readonly history: readonly unknown[];
}

/** A docker-archive with these layers, as a file. */
export function imageFile(
  directory: string,
  layers: readonly Buffer[],
  options: ImageOptions = {},
): string {
  return evidence(directory, buildDockerArchive([{ tags: ['evil:1'], ...options, layers }]));
}

/** One layer of these parts and the end of a tar. */
export function layerOf(...parts: readonly Buffer[]): (directory: string) => string {
  return (directory) => imageFile(directory, [tarOf(...parts)]);
}

/** One layer of exactly these bytes. */
export function rawLayer(bytes: Buffer): (directory: string) => string {
  return (directory) => imageFile(directory, [bytes]);
}

export function layersOf(...layers: readonly Buffer[]): (directory: string) => string {
  return (directory) => imageFile(directory, layers);
}

/** The bytes as the only file of the evidence. */
export function evidence(directory: string, bytes: Buffer | string, name = 'image.tar'): string {
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${directory}/${name}`, bytes);
  return `${directory}/${name}`;
}
