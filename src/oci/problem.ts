/** What could not be read or does not add up, and where: listed in a document, never dropped. */
export interface Problem {
  /** Stable, for programs: `tar-path-escape`, `history-count-mismatch`, `EACCES`. */
  readonly code: string;
  /** One sentence for people. */
  readonly message: string;
  /** The file, path in an image, or JSON path it concerns. */
  readonly path?: string;
}
