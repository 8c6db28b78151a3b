// What is on this host: each engine's files read into the same records. This file: the records.
import type { ReadHost } from '../host/host.js';
import type { Image } from '../image/image.js';
import type { Limits } from '../image/limits.js';
import type { SeekPoints } from '../image/seek-points.js';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { HistoryEntry } from '../oci/image-config.js';
import type { Platform } from '../oci/platform.js';
import type { Problem } from '../oci/problem.js';
import type { IdShift } from '../overlay/compare-layers.js';
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

/** Paths are as the engine's host has them: `Engine.host` opens them. */
export interface ContainerDirectories {
  /** Top first, as in lowerdir=. Empty where the engine has no layers. */
  readonly lower: readonly LowerDirectory[];
  /** What the container writes to; with no `lower` its whole root file system. */
  readonly upper?: string;
  readonly work?: string;
  readonly merged?: string;
  /** Why they are not all known, or do not agree. */
  readonly problems?: readonly Problem[];
}

export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'exited';

export interface ContainerHealth {
  readonly status: 'starting' | 'healthy' | 'unhealthy';
  readonly failingStreak: number;
  /** The newest probes, oldest first. */
  readonly log: readonly {
    readonly start: string;
    readonly end: string;
    readonly exitCode: number;
    readonly output: string;
  }[];
}

/** What a container was asked to be, where its engine's record of it is ours. */
export interface ContainerSettings {
  readonly hostname: string;
  readonly user: string;
  readonly environment: readonly string[];
  readonly entrypoint: readonly string[];
  readonly workingDirectory: string;
  readonly terminal: boolean;
  readonly openStdin: boolean;
  readonly stdinOnce: boolean;
  readonly autoRemove: boolean;
  readonly readOnly: boolean;
  readonly network: string;
  readonly binds: readonly {
    readonly source: string;
    readonly destination: string;
    readonly readOnly: boolean;
    readonly propagation?: string;
  }[];
  readonly stopSignal: string;
  readonly stopTimeout?: number;
  readonly logLimits?: { readonly maxSize?: number; readonly maxFiles: number };
  readonly restartPolicy?: { readonly name: string; readonly maximumRetryCount?: number };
  readonly init?: true;
  readonly healthcheck?: {
    readonly test: readonly string[];
    readonly interval: number;
    readonly timeout: number;
    readonly startPeriod: number;
    readonly retries: number;
  };
}

export interface EngineContainer {
  /** The name of the engine: `docker`, `podman@alice`. */
  readonly engine: string;
  /** Whole, by the grammar of its engine. */
  readonly id: string;
  readonly name: string;
  /** As it was asked for. Absent where containers are made of no image, as in LXC. */
  readonly imageReference?: string;
  readonly imageID?: Digest;
  readonly command: readonly string[];
  /** Compared with /proc: what is dead does not run, whatever was written. */
  readonly state: ContainerStatus;
  /** What the engine wrote last, where that is not so (any more), in its own words. */
  readonly recordedState?: string;
  readonly createdAt?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly exitCode?: number;
  readonly error?: string;
  /** The kernel killed a process of it at its memory limit. */
  readonly oomKilled?: boolean;
  /** The first process, while it runs, with its start (clock ticks after boot). */
  readonly init?: { readonly pid: number; readonly startTicks: number };
  /** What starts and watches the container; absent when unknown: then the parent of its init. */
  readonly supervisorPids?: readonly number[];
  /** As /proc/PID/cgroup has them; absent when unknown: then those of its init. */
  readonly cgroupPaths?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Published to the host: "127.0.0.1:8080->80/tcp". */
  readonly ports?: readonly string[];
  readonly directories: ContainerDirectories;
  /** Where the engine keeps what it writes of this container. */
  readonly home?: string;
  /** config.json by the runtime-spec. */
  readonly runtimeConfig?: string;
  readonly log?: string;
  /** What its checks say, while it runs and has some. */
  readonly health?: ContainerHealth;
  readonly restartCount?: number;
  readonly settings?: ContainerSettings;
  /** What the engine itself keeps of it, in its own spelling. */
  readonly record: unknown;
}

export interface EngineImage {
  readonly engine: string;
  readonly id: Digest;
  /** Familiar form, sorted. */
  readonly references: readonly string[];
  /** Of what the references stand for; that of the config where the engine does not keep it. */
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
  /** Bytes of the layers as they are stored; absent where the engine has no blobs. */
  readonly size?: number;
  /** Bytes of files in all layers, where the engine knows without reading them. */
  readonly contentSize?: number;
}

/**
 * One engine, read from its files: a live host, a dead one and a disk copy look the same. Lists are
 * read once, at the first question.
 */
export interface Engine {
  /** What stands before the colon: `docker`; `podman@alice` where a host has several of a kind. */
  readonly name: string;
  /** `docker`, `podman`, …: stands for all of the kind on the command line. */
  readonly kind: string;
  /** Opens its paths: this machine, or a disk of another (host/rooted-host). */
  readonly host: ReadHost;
  /** The directory that it keeps everything in. */
  readonly root?: string;
  /** Newest first. */
  listContainers(): readonly EngineContainer[];
  listImages(): readonly EngineImage[];
  /** Why some containers and images are in neither list. */
  listProblems?(): readonly Problem[];
  /** By name, id, or the beginning of an id; throws AMBIGUOUS. */
  findContainer(text: string): EngineContainer | undefined;
  findImage(text: string): EngineImage | undefined;
  /** Layers that the engine has as directories only are `unpackedOnly` in the image. */
  openImage(image: EngineImage): Image;
  /** Where a layer of an image is unpacked, if it is. */
  layerDirectory(chainID: Digest): LowerDirectory | undefined;
  /** The index that the engine keeps of a layer, if any. */
  findLayerIndex?(diffID: Digest): LayerIndex | undefined;
  /** Where reading a blob can start in the middle, where the engine keeps it. */
  findSeekPoints?(digest: Digest): SeekPoints | undefined;
  /** tar-split's record of the tar that a layer was unpacked from (image/tar-split). */
  findTarSplit?(chainID: Digest): string | undefined;
  /** Ids on the disk for those in a layer, where the engine stores others. */
  readonly ids?: IdShift;
  /** What of its store does not hold together. */
  checkStore?(): StoreCheck;
  /** A short account of a layer that costs little to read. */
  findLayerSummary?(diffID: Digest): LayerSummary | undefined;
}

export type StoreFindingKind =
  /** A short link that leads nowhere. */
  | 'danglingLink'
  /** A layer whose parent is not there, or whose parents do not end. */
  | 'missingParent'
  /** A layer or a blob that is spoken of and is not there. */
  | 'missingLayer'
  | 'missingBlob'
  /** What no image and no container needs. */
  | 'unownedLayer'
  | 'unownedBlob'
  /** A name or a container that speaks of an image which is not there. */
  | 'goneImage'
  /** What an interrupted command has left behind. */
  | 'leftover'
  /** What a container would be mounted from is not what its records say. */
  | 'lower'
  /** A record that cannot be read or is not what its name says. */
  | 'damaged';

export interface StoreFinding {
  readonly kind: StoreFindingKind;
  readonly path?: string;
  readonly message: string;
  /** What it takes on the disk, where that is in question. */
  readonly bytes?: number;
}

export interface StoreCheck {
  /** What was looked at. */
  readonly layers: number;
  readonly findings: readonly StoreFinding[];
  /** What could not be looked at. */
  readonly problems: readonly Problem[];
}

/** What an engine is made with. */
export interface EngineOptions {
  readonly host: ReadHost;
  /** Whether `host` is this machine, with its processes: not so for a disk. */
  readonly isLive: boolean;
  readonly platform: Platform;
  /** Those that the user set. */
  readonly limits: Partial<Limits>;
  /** The directory that the user named for this engine, instead of the usual ones. */
  readonly root?: string;
}
