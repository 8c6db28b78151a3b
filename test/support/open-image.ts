import { linuxHost } from '../../src/host/linux-host.js';
import type { Image } from '../../src/image/image.js';
import { openImageSource, selectImage, type OpenImageOptions } from '../../src/image/open-image.js';
import { buildLayer } from './build-image.js';

const host = linuxHost();
export const BASE = buildLayer([{ path: 'etc/' }, { path: 'etc/passwd', content: 'root\n' }]);
export const TOP = buildLayer([
  { path: 'etc/.wh.passwd' },
  { path: 'new', content: 'x'.repeat(5000) },
]);

export async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

/** Opens, does something, closes. */
export async function withSource<Value>(
  path: string,
  options: OpenImageOptions,
  use: (source: Awaited<ReturnType<typeof openImageSource>>) => Promise<Value>,
): Promise<Value> {
  const source = await openImageSource(host, path, options);
  try {
    return await use(source);
  } finally {
    source.close();
  }
}

export function chosen(
  path: string,
  reference?: string,
  options: OpenImageOptions = {},
): Promise<Image> {
  return withSource(path, options, (source) => selectImage(source, reference));
}
