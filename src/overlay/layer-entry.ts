// What a layer says of one path, whatever the layer was read from: a tar blob, a tar in an archive, a
// `diff/` directory on a disk, a live upperdir.

export type EntryType = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'char' | 'block';

/** One path of one layer. `path` is absolute and canonical ("/etc/passwd"); the root is "/". */
interface EntryOf<Marker extends string> {
  readonly marker: Marker;
  readonly path: string;
}

/** The path is there in this layer, with this metadata. */
export interface OrdinaryEntry extends EntryOf<'ordinary'> {
  readonly type: EntryType;
  /** Permission bits with setuid, setgid, sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly userName?: string;
  readonly groupName?: string;
  /** Bytes of content; 0 for anything but a file. */
  readonly size: number;
  /** Nanoseconds since the epoch, as a decimal string (JSON has no 64-bit numbers). */
  readonly mtime: string;
  /** Of a symlink: its text, verbatim. */
  readonly linkTarget?: string;
  /**
   * Of a second name of a file: the canonical path of the first name in the same layer.
   * The other fields repeat what the first name says.
   */
  readonly hardLinkTo?: string;
  readonly major?: number;
  readonly minor?: number;
  /** Values in base64; without the `overlay.` attributes, which are the layer's own machinery. */
  readonly xattrs?: Readonly<Record<string, string>>;
  /** Hex digest of a file's content; absent when the layer was read without content. */
  readonly sha256?: string;
  /** Where a file's bytes start in the uncompressed tar; absent for directories on a disk. */
  readonly offset?: number;
  /** This directory hides everything the layers below have in it. */
  readonly opaque?: true;
  /**
   * `overlay.redirect` of a directory that was renamed: where the layers below have it, a name in
   * the same directory or a path from the root (overlayfs.rst, "redirect_dir").
   */
  readonly redirect?: string;
  /** `overlay.metacopy`: only the metadata is here, the content is in a layer below. */
  readonly metacopy?: true;
  /** No entry of its own in the tar: a parent that other names imply. Its metadata is unknown. */
  readonly implicit?: true;
}

/** The layers below lose this path and everything beneath it. */
export interface WhiteoutEntry extends EntryOf<'whiteout'> {
  readonly type: 'whiteout';
}

export type LayerEntry = OrdinaryEntry | WhiteoutEntry;
