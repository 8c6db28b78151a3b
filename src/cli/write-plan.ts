// Carries out what `inspect/extract` has planned, through the one door that writes.
import type { ExtractItem, ExtractPlan, ExtractResult } from '../inspect/extract.js';
import { writtenRecord } from '../inspect/extract.js';
import { pathFacts } from '../inspect/entry-facts.js';
import { readContents } from '../inspect/read-contents.js';
import type { SkippedRecord, WrittenRecord } from '../inspect/documents/extract.js';
import { causeText, hasCode } from '../oci/error.js';
import type { Destination } from '../runtime/destination.js';

export async function writePlan(
  destination: Destination,
  plan: ExtractPlan,
): Promise<ExtractResult> {
  const written: WrittenRecord[] = [];
  const skipped: SkippedRecord[] = [];
  const attempt = (item: ExtractItem, action: () => WrittenRecord) => {
    try {
      written.push(action());
    } catch (error) {
      skipped.push(failureRecord(item, error));
    }
  };
  for (const item of plan.directories) {
    attempt(item, () => {
      destination.makeDirectory(item.file, item.entry);
      return writtenRecord(item);
    });
  }
  for await (const { item, chunks } of readContents(plan.files)) {
    try {
      const sha256 = await destination.writeFile(item.file, item.entry, chunks);
      written.push(writtenRecord(item, { sha256 }));
    } catch (error) {
      skipped.push(failureRecord(item, error));
    }
  }
  const digests = new Map(written.map(({ file, sha256 }) => [file, sha256]));
  for (const item of plan.hardLinks) {
    attempt(item, () => {
      const { file } = item.first;
      destination.makeHardLink(item.file, file);
      return writtenRecord(item, { sha256: digests.get(file), hardLinkTo: file });
    });
  }
  for (const item of plan.symlinks) {
    attempt(item, () => {
      destination.makeSymlink(item.file, item.entry);
      return writtenRecord(item);
    });
  }
  destination.finish((file, error) => {
    const item = plan.directories.find((directory) => directory.file === file);
    if (item !== undefined) skipped.push(failureRecord(item, error));
  });
  return { directory: destination.directory, written, skipped };
}

function failureRecord({ entry }: ExtractItem, error: unknown): SkippedRecord {
  if (!(error instanceof Error)) throw error;
  return {
    ...pathFacts(entry.path),
    type: entry.type,
    reason: reasonOf(error),
    message: causeText(error),
    failed: true,
  };
}

function reasonOf(error: Error): SkippedRecord['reason'] {
  if (hasCode(error, 'ALREADY_EXISTS')) return 'exists';
  if (hasCode(error, 'IN_USE', 'INVALID_INPUT')) return 'unsafe';
  if (hasCode(error, 'CORRUPT', 'LIMIT_EXCEEDED')) return 'unreadable';
  return error.message.startsWith('read ') ? 'unreadable' : 'unwritable';
}
