// What is on this host: each engine's files read into the same records. This file: the records.
import type { Image } from '../image/image.js';
import type { SeekPoints } from '../image/seek-points.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { HistoryEntry } from '../oci/image-config.js';
import type { Problem } from '../oci/problem.js';
import type { LayerIndex } from '../overlay/layer-index.js';
import type { LayerSummary } from '../overlay/layer-summary.js';

/** One directory below a container's upperdir. */
export interface LowerDirectory {
  readonly role: 'layer' | 'init';
  readonly directory: string;
  /** The short link that stands for it in mount options. */
  readonly link?: string;
  /** Of the image; 1 is the base. Absent for an init layer. */
  readonly layerIndex?: number;
}

export interface ContainerDirectories {
  /** Top first, as in lowerdir=. */
  readonly lower: readonly LowerDirectory[];
  readonly upper: string;
  readonly work: string;
  readonly merged: string;
}

export interface EngineContainer {
  readonly engine: string;
  readonly id: string;
  readonly name: string;
  readonly imageReference: string;
  readonly imageID: Digest;
  readonly command: readonly string[];
  readonly state: 'created' | 'running' | 'exited';
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly exitCode?: number;
  readonly error?: string;
  /** The first process, while it runs, with its start (clock ticks after boot). */
  readonly init?: { readonly pid: number; readonly startTicks: number };
  readonly supervisorPids: readonly number[];
  /** As /proc/PID/cgroup has them. */
  readonly cgroupPaths: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly directories: ContainerDirectories;
  readonly bundle: string;
  readonly log: string;
  /** What the engine itself keeps of it. */
  readonly record: unknown;
}

export interface EngineImage {
  readonly engine: string;
  readonly id: Digest;
  /** Familiar form, sorted. */
  readonly references: readonly string[];
  /** Of what the references stand for. */
  readonly digest: Digest;
  readonly platform: string;
  readonly createdAt?: string;
  readonly layers: readonly {
    readonly diffID: Digest;
    readonly chainID: Digest;
    /** Of the blob, where the engine keeps blobs. */
    readonly descriptor?: Descriptor;
  }[];
  readonly labels?: Readonly<Record<string, string>>;
  /** One for each layer, base first; undefined where nobody says what made it. */
  readonly steps?: readonly (HistoryEntry | undefined)[];
  /** Bytes of the layers as they are stored. */
  readonly size: number;
}

/** One engine, read from its files: a live host, a dead one and a disk copy look the same. */
export interface Engine {
  readonly name: string;
  /** Newest first. */
  listContainers(): readonly EngineContainer[];
  listImages(): readonly EngineImage[];
  /** Why some containers and images are in neither list. */
  listProblems?(): readonly Problem[];
  /** By name, id, or the beginning of an id; throws AMBIGUOUS. */
  findContainer(text: string): EngineContainer | undefined;
  findImage(text: string): EngineImage | undefined;
  openImage(image: EngineImage): Image;
  /** Where a layer of an image is unpacked, if it is. */
  layerDirectory(chainID: Digest): LowerDirectory | undefined;
  /** The index that the engine keeps of a layer, if any. */
  findLayerIndex(diffID: Digest): LayerIndex | undefined;
  /** Where reading a blob can start in the middle, where the engine keeps it. */
  findSeekPoints?(digest: Digest): SeekPoints | undefined;
  /** A short account of a layer that costs little to read. */
  findLayerSummary(diffID: Digest): LayerSummary | undefined;
}
