// What is recorded of one container or image?
import { hasCode } from '../oci/error.js';
import { present } from '../oci/json-reader.js';
import {
  familiarReference,
  formatReference,
  isReference,
  parseReference,
} from '../oci/reference.js';
import { formatPlatform } from '../oci/platform.js';
import { makeDocument } from './document.js';
import type { InspectDocument } from './documents/inspect.js';
import type { ImageRow } from './documents/ls.js';
import { containerRow, imageRow } from './ls.js';
import type { ContainerTarget, ImageTarget, TargetContext } from './target.js';

export function inspectRecord(
  context: TargetContext,
  target: ImageTarget | ContainerTarget,
): InspectDocument {
  const answer =
    target.kind === 'container'
      ? { container: containerAnswer(target) }
      : { image: imageAnswer(target) };
  return makeDocument(context.host, 'inspect', target.subject, answer, []);
}

function containerAnswer({
  engine,
  container,
}: ContainerTarget): NonNullable<InspectDocument['container']> {
  const { upper, work, merged } = container.directories;
  const { home, log, runtimeConfig } = container;
  return {
    summary: containerRow(container),
    record: container.record,
    directories: present({ container: home, upper, work, merged, log }),
    ...(runtimeConfig === undefined
      ? {}
      : {
          bundle: {
            directory: runtimeConfig.slice(0, runtimeConfig.lastIndexOf('/')),
            config: readConfig(() => engine.host.readText(runtimeConfig)),
          },
        }),
  };
}

function readConfig(read: () => string): unknown {
  try {
    return JSON.parse(read());
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return null;
    throw error;
  }
}

function imageAnswer(target: ImageTarget): NonNullable<InspectDocument['image']> {
  const { image, stored } = target;
  const summary = stored === undefined ? archiveRow(target) : imageRow(stored.engine, stored.image);
  return {
    summary,
    manifest:
      image.manifest === undefined ? null : JSON.parse(image.manifest.bytes.toString('utf8')),
    config: JSON.parse(image.configBytes.toString('utf8')),
  };
}

function archiveRow({ subject, image }: ImageTarget): ImageRow {
  const { created } = image.config;
  return {
    engine: subject.engine,
    id: image.id,
    references: image.references.map(familiar),
    digest: image.manifest?.descriptor.digest ?? image.id,
    platform: formatPlatform(image.config),
    ...(created === undefined ? {} : { createdAt: created }),
    layers: image.layers.length,
    size: image.layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
  };
}

function familiar(text: string): string {
  return isReference(text)
    ? familiarReference(parseReference(formatReference(parseReference(text))))
    : text;
}
