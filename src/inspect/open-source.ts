import type { ReadHost } from '../host/host.js';
import type { ImageSource } from '../image/image.js';
import { openImageSource, type OpenImageOptions } from '../image/open-image.js';
import { causeText, during, type CutawayError } from '../oci/error.js';

/** Opens an archive or a layout and lists it; what is wrong is told with the file's name. */
export async function openNamedSource(
  host: ReadHost,
  path: string,
  options: OpenImageOptions,
): Promise<ImageSource> {
  try {
    const source = await openImageSource(host, path, options);
    try {
      await source.listImages();
      return source;
    } catch (error) {
      source.close();
      throw error;
    }
  } catch (error) {
    throw namingFile(path, error);
  }
}

/** `error` with the file in front, unless its message has it already. */
export function namingFile(path: string, error: unknown): CutawayError | Error {
  if (error instanceof Error && causeText(error).includes(path)) return error;
  return during(`read "${path}"`, error);
}
