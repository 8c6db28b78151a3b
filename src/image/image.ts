// Bytes in and out. This file: an image as everything above sees it, wherever it is stored.
import type { Readable } from 'node:stream';
import type { Descriptor } from '../oci/descriptor.js';
import type { Digest } from '../oci/digest.js';
import type { CutawayError } from '../oci/error.js';
import type { ImageConfig } from '../oci/image-config.js';
import type { Platform } from '../oci/platform.js';
import type { Problem } from '../oci/problem.js';
import type { Limits } from './limits.js';
import type { FileRange } from './member-store.js';
import type { SeekPoints } from './seek-points.js';

/** One layer of one image. Streams may be opened any number of times; who opens, closes. */
export interface ImageLayer {
  /** 1 is the base. */
  readonly index: number;
  /** Of the stored blob. For a docker-archive's plain tar the digest is the diffID. */
  readonly descriptor: Descriptor;
  readonly diffID: Digest;
  readonly chainID: Digest;
  /**
   * There is no blob: its engine has it as a directory only. The descriptor says what is known of
   * the blob it was pulled as (else the diffID, size 0), and none of the streams can be read.
   */
  readonly unpackedOnly?: true;
  /** The stored bytes; the stream fails with CORRUPT unless size and digest agree at its end. */
  openBlob(): Readable;
  /** The uncompressed tar; fails with CORRUPT unless blob and diffID agree at its end. */
  openTar(options?: OpenTarOptions): Readable;
  /** The same; a chunk is good until the next one is asked for. */
  readTar(options?: OpenTarOptions): AsyncIterable<Buffer>;
  /**
   * Bytes of the uncompressed tar from `offset`; fails with CORRUPT when there are not so many.
   * Without points, all before them is decompressed and thrown away. They are not verified:
   * compare a file's content with the sha256 that the index has of it.
   */
  readRange(offset: number, length: number, points?: SeekPoints): AsyncIterable<Buffer>;
  /** Found by its digest, wherever that is: what was read of it once holds for ever. */
  readonly isAddressed?: true;
  /** Where another thread finds it (`openLayer`); undefined when its bytes are in memory only. */
  location(): LayerLocation | undefined;
}

/** One layer as plain data. */
export interface LayerLocation {
  /** `archive "x.tar"`, `layout "dir"`: for messages. */
  readonly store: string;
  readonly member: string;
  readonly file: FileRange;
  readonly index: number;
  readonly descriptor: Descriptor;
  readonly diffID: Digest;
  readonly chainID: Digest;
  readonly limits: Limits;
}

export interface OpenTarOptions {
  /** Told of what is odd but no reason to stop, as the stream comes to it. */
  readonly onProblem?: ((problem: Problem) => void) | undefined;
  /**
   * Given the places where reading the blob can start, for `readRange`: at the end, after blob and
   * diffID were verified. Not called for a blob that is not compressed, which needs none.
   */
  readonly onSeekPoints?: ((points: SeekPoints) => void) | undefined;
}

/** An image of one platform, with the bytes of its manifest and config verified. */
export interface Image {
  /** Digest of the config. */
  readonly id: Digest;
  /** Undefined for a docker-archive of the old form, which has no image manifest. */
  readonly manifest: { readonly descriptor: Descriptor; readonly bytes: Buffer } | undefined;
  readonly config: ImageConfig;
  readonly configBytes: Buffer;
  readonly configDescriptor: Descriptor;
  /** Base first. */
  readonly layers: readonly ImageLayer[];
  /** Names the source gives it, verbatim: `alpine:3.20`, `latest`. */
  readonly names: readonly string[];
  /** Those of its names that are references, in full; may be empty. */
  readonly references: readonly string[];
  readonly problems: readonly Problem[];
}

/** What an archive or a layout holds: one or more images. */
export interface ImageSource {
  readonly kind: 'docker-archive' | 'oci-archive' | 'oci';
  readonly path: string;
  /** Images for `platform`; those of other platforms are left out of an index. */
  listImages(): Promise<readonly Image[]>;
  /** Images that cannot be shown: a blob missing or damaged, or a document that is no JSON. */
  listFailures(): Promise<readonly ImageFailure[]>;
  /** Of everything in it that says what it is for, each once. */
  listPlatforms(): Promise<readonly Platform[]>;
  listProblems(): Promise<readonly Problem[]>;
  close(): void;
}

/** An image that the source names but that could not be read. */
export interface ImageFailure {
  readonly names: readonly string[];
  readonly digest: Digest | undefined;
  readonly error: CutawayError;
}
