import type { ExtractDocument, WrittenRecord } from '../inspect/documents/extract.js';
import { formatNumberOf, formatSize } from './size.js';
import { safeName } from './text.js';
import type { View } from './theme.js';

/** A line for each thing that was written, as it is called beneath the directory. */
export function formatExtract(document: ExtractDocument, { theme }: View): string {
  const { directory, totals, written, skipped } = document;
  const lines = written.map((record) => `${sizeText(record).padStart(8)}  ${nameText(record)}`);
  const files = formatNumberOf(totals.files, 'file', 'files');
  const directories = formatNumberOf(totals.directories, 'directory', 'directories');
  const links =
    totals.symlinks === 0 ? '' : `, ${formatNumberOf(totals.symlinks, 'symlink', 'symlinks')}`;
  const where = theme.bold(safeName(directory));
  if (lines.length > 0) lines.push('');
  lines.push(`${files}, ${directories}${links}, ${formatSize(totals.size)} in ${where}`);
  const left = skipped.filter(({ failed }) => !failed);
  const counts = new Map<string, number>();
  for (const { reason } of left) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  for (const [reason, count] of counts) {
    lines.push(theme.dim(`left out: ${REASONS[reason]?.(count) ?? String(count)}`));
  }
  return `${lines.join('\n')}\n`;
}

const REASONS: Readonly<Record<string, (count: number) => string>> = {
  symlink: (count) => `${formatNumberOf(count, 'symlink', 'symlinks')}; --links writes them`,
  special: (count) =>
    `${formatNumberOf(count, 'device, FIFO or socket', 'devices, FIFOs or sockets')}; never made`,
  whiteout: (count) => `${formatNumberOf(count, 'path', 'paths')} that the layer deletes`,
};

function sizeText({ type, size, hardLinkTo }: WrittenRecord): string {
  return type === 'file' && hardLinkTo === undefined ? formatSize(size) : '';
}

function nameText({ type, file, linkTarget, hardLinkTo }: WrittenRecord): string {
  const name = safeName(file);
  if (type === 'directory') return `${name}/`;
  if (linkTarget !== undefined) return `${name} → ${safeName(linkTarget)}`;
  return hardLinkTo === undefined ? name : `${name} = ${safeName(hardLinkTo)}`;
}
