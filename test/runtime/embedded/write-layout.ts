// An embedded image as an OCI image layout on disk, for the tools that read one.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Descriptor } from '../../../src/oci/descriptor.js';
import { digestHex } from '../../../src/oci/digest.js';
import type { EmbeddedImage } from '../../../src/runtime/embedded/embedded-image.js';

/** `targets` by the tag they get; umoci wants a manifest, skopeo takes an index as well. */
export function writeLayout(
  folder: string,
  image: EmbeddedImage,
  targets: Readonly<Record<string, Descriptor>>,
): void {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  for (const [digest, bytes] of image.blobs) {
    writeFileSync(join(folder, 'blobs/sha256', digestHex(digest)), bytes);
  }
  const manifests = Object.entries(targets).map(([tag, descriptor]) => ({
    ...descriptor,
    annotations: { 'org.opencontainers.image.ref.name': tag },
  }));
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}
