import { CutawayError } from '../../oci/error.js';

/** All of it; more than `maximum` bytes is LIMIT_EXCEEDED, and no more than that is read. */
export async function readBody(
  body: AsyncIterable<Buffer>,
  maximum: number,
  what: string,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maximum) {
      throw new CutawayError(
        'LIMIT_EXCEEDED',
        `${what}: more exceeds the limit documentSize of ${maximum}`,
        {
          hint: '--limit documentSize=VALUE raises it, if you trust the registry',
          data: { limit: 'documentSize', allowed: maximum },
        },
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
