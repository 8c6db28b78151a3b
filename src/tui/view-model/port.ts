// What the explorer asks, and the two things that it does: write files of an image to a safe place,
// and start or remove a container.
// Behind it are the questions of src/inspect; a test may have others behind it.
import type { ContainerFacts, ContainerMount } from '../../inspect/container-look.js';
import type { BlameDocument } from '../../inspect/documents/blame.js';
import type { ContentChange, DiffDocument } from '../../inspect/documents/diff.js';
import type { ExtractDocument } from '../../inspect/documents/extract.js';
import type { LsDocument } from '../../inspect/documents/ls.js';
import type { NsDocument } from '../../inspect/documents/ns.js';
import type { OverlayDocument } from '../../inspect/documents/overlay.js';
import type { ProcsDocument } from '../../inspect/documents/procs.js';
import type { VerifyDocument } from '../../inspect/documents/verify.js';
import type { ImageLook } from '../../inspect/image-look.js';
import type { LogTail } from '../../inspect/log-tail.js';

export interface FilePart {
  /** The beginning of it. */
  readonly bytes: Uint8Array;
  /** Of all of it. */
  readonly size: number;
}

/** What is done to a container: the words of the command, without the container. */
export type Act =
  readonly ['start' | 'stop' | 'kill' | 'pause' | 'unpause' | 'rm'] | readonly ['rm', '-f'];

export interface Port {
  /** Milliseconds of a clock. */
  now(): number;
  list(): Promise<LsDocument>;
  look(target: string): Promise<ImageLook>;
  /** `layer`: as the documents name it; undefined for the merged tree. */
  read(target: string, path: string, layer: string | undefined): Promise<FilePart>;
  blame(target: string, path: string): Promise<BlameDocument>;
  /** Between two versions of a file; undefined when the place has none. */
  patch(target: string, path: string, from: string, to: string): Promise<ContentChange>;
  extract(
    target: string,
    path: string,
    layer: string | undefined,
    directory: string,
  ): Promise<ExtractDocument>;
  processes(target: string | undefined): Promise<ProcsDocument>;
  /** Undefined for all that runs. */
  namespaces(target?: string): Promise<NsDocument>;
  /** Of each container that runs, or of this one. */
  findingsOfProcesses(target: string | undefined): Promise<readonly ProcsDocument[]>;
  /** Undefined for the stores of all engines; it can take long, and says how far it is. */
  verify(target: string | undefined, say: (progress: string) => void): Promise<VerifyDocument>;
  overlay(target: string): Promise<OverlayDocument>;
  changes(target: string): Promise<DiffDocument>;
  /** Undefined where nothing runs. */
  mounts(target: string): Promise<readonly ContainerMount[] | undefined>;
  /** Undefined where its engine keeps none. */
  log(target: string): Promise<LogTail | undefined>;
  facts(target: string): Promise<ContainerFacts>;
  compare(before: string, after: string): Promise<DiffDocument>;
  /** Of a file that both have. */
  comparePatch(before: string, after: string, path: string): Promise<ContentChange>;
  /** What `cutaway COMMAND… --json` answers, for what a page has not asked itself. */
  layers(target: string): Promise<unknown>;
  /** On a container of our own store; rejects with what went wrong. */
  act(target: string, act: Act): Promise<void>;
}
