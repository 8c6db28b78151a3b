import type { PruneDocument } from '../inspect/documents/prune.js';
import { shortID } from './short.js';
import { formatSize } from './size.js';
import { safeText } from './text.js';
import type { View } from './theme.js';

/** What goes, and how much that is. */
export function formatPrune(document: PruneDocument, view: View): string {
  const { containers, images, freed, dryRun } = document;
  const deleted = dryRun ? 'Would delete' : 'Deleted';
  const lines: string[] = [];
  if (containers.length > 0) {
    lines.push(`${deleted} containers:`);
    for (const { id, name, image } of containers) {
      lines.push(`  ${shortID(id, view)}  ${safeText(name)}  of ${safeText(image)}`);
    }
  }
  if (images.length > 0) {
    lines.push(`${deleted} images:`);
    for (const { id, references } of images) {
      const names = references.length === 0 ? '<none>' : references.map(safeText).join(', ');
      lines.push(`  ${shortID(id, view)}  ${names}`);
    }
  }
  const parts = [
    `${formatSize(freed.containers)} of containers`,
    `${formatSize(freed.blobs)} of blobs`,
    `${formatSize(freed.unpacked)} unpacked`,
  ].join(', ');
  const what = dryRun ? 'Would reclaim' : 'Total reclaimed space';
  return [...lines, `${what}: ${formatSize(freed.total)} (${parts})`, ''].join('\n');
}
