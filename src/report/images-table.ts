import type { ImageRecord, ImagesDocument } from '../inspect/documents/images.js';
import { formatAge } from './age.js';
import { shortID } from './short.js';
import { formatSize } from './size.js';
import { formatTable, type Column } from './table.js';
import type { TemplateRow } from './template-rows.js';
import { safeText } from './text.js';
import type { View } from './theme.js';

export interface ImagesTableOptions {
  readonly digests: boolean;
  /** What is shared and what is unique to each image. */
  readonly sizes: boolean;
}

/** As `docker images`: a line for each name. */
export function formatImages(
  document: ImagesDocument,
  { digests, sizes }: ImagesTableOptions,
  view: View,
): string {
  const columns: (Column | false)[] = [
    { title: 'REPOSITORY' },
    { title: 'TAG' },
    digests && { title: 'DIGEST' },
    { title: 'IMAGE ID' },
    { title: 'CREATED' },
    { title: 'SIZE', align: 'right' },
    sizes && { title: 'SHARED', align: 'right' },
    sizes && { title: 'UNIQUE', align: 'right' },
    sizes && { title: 'STORED', align: 'right' },
    sizes && { title: 'UNIQUE STORED', align: 'right' },
    sizes && { title: 'CONTAINERS', align: 'right' },
  ];
  const kept = columns.map((column) => column !== false);
  const rows = document.images.flatMap((image) =>
    namesOf(image).map(({ repository, tag }) =>
      [
        ...[repository, tag, image.digest, shortID(image.id, view)],
        formatAge(image.createdAt, view.now),
        formatSize(visibleSize(image)),
        ...[image.shared.contentSize, image.unique.contentSize].map(formatSize),
        ...[image.size ?? 0, image.unique.size].map(formatSize),
        String(image.containers.length),
      ].filter((_, at) => kept[at]),
    ),
  );
  const table = formatTable(
    columns.filter((column) => column !== false),
    rows,
    view,
  );
  return sizes ? `${table}${totalLine(document)}` : table;
}

function totalLine({ totals }: ImagesDocument): string {
  const { images, layers, contentSize, size } = totals;
  const counts = `${images} images, ${layers} layers`;
  return `\n${counts}, each once: ${formatSize(contentSize)} of files, ${formatSize(size)} stored\n`;
}

export interface ImageName {
  readonly repository: string;
  readonly tag: string;
}

function namesOf({ references }: ImageRecord): ImageName[] {
  const names = references.length === 0 ? ['<none>:<none>'] : references;
  return names.map((name) => splitName(safeText(name)));
}

function splitName(name: string): ImageName {
  const bare = name.replace(/@sha256:.*$/, '');
  const colon = bare.lastIndexOf(':');
  if (colon < 0 || bare.includes('/', colon)) return { repository: bare, tag: '<none>' };
  return { repository: bare.slice(0, colon), tag: bare.slice(colon + 1) };
}

/** Above the columns of `--format 'table …'`: Docker's. */
export const IMAGE_TITLES = {
  ID: 'IMAGE ID',
  Repository: 'REPOSITORY',
  Tag: 'TAG',
  Digest: 'DIGEST',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  Size: 'SIZE',
  VirtualSize: 'SIZE',
  SharedSize: 'SHARED SIZE',
  UniqueSize: 'UNIQUE SIZE',
  Containers: 'CONTAINERS',
} as const;

/** What a template of `docker images` can ask for, a row for each name. */
export function imageTemplateRows({ images }: ImagesDocument, view: View): TemplateRow[] {
  return images.flatMap((image) =>
    namesOf(image).map(({ repository, tag }) => ({
      Containers: String(image.containers.length),
      CreatedAt: goTime(image.createdAt),
      CreatedSince: formatAge(image.createdAt, view.now),
      Digest: image.digest,
      ID: shortID(image.id, view),
      Repository: repository,
      SharedSize: joinedSize(image.shared.contentSize),
      Size: joinedSize(visibleSize(image)),
      Tag: tag,
      UniqueSize: joinedSize(image.unique.contentSize),
      VirtualSize: joinedSize(visibleSize(image)),
    })),
  );
}

function visibleSize({ contentSize, size = 0 }: ImagesDocument['images'][number]): number {
  return contentSize ?? size;
}

/** As Docker's templates print it, without a space: "1.98MB". */
export function joinedSize(bytes: number): string {
  return formatSize(bytes).replace(' ', '');
}

/** As Go prints a time: "2026-11-01 00:00:00 +0000 UTC". */
export function goTime(time: string | undefined): string {
  const at = Date.parse(time ?? '');
  if (Number.isNaN(at)) return safeText(time ?? '');
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;
}
