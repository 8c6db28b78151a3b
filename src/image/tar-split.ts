// tar-split.json.gz: what Docker and containers-storage keep of a layer's tar beside its unpacked
// files (github.com/vbatts/tar-split, tar/storage). A line of JSON for each part of the tar, in its
// order: the bytes of headers and padding as they were, or the name of a file whose content goes
// there, with its size and its CRC-64.
import { decodeName } from '../oci/byte-name.js';
import { CutawayError } from '../oci/error.js';
import { parseJson, type JsonReader } from '../oci/json-reader.js';
import { decompress } from './decompress.js';
import { checkLimit, withDefaults, type Limits } from './limits.js';

export type TarSplitPart =
  | { readonly kind: 'segment'; readonly bytes: Buffer }
  | {
      readonly kind: 'file';
      /** As the tar has it: it may lead anywhere. */
      readonly name: string;
      readonly size: number;
      /** 16 hex digits; undefined for what is empty. */
      readonly crc64: string | undefined;
    };

const FILE = 1;
const SEGMENT = 2;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** `source` as it is stored; throws CORRUPT for what is no such file, LIMIT_EXCEEDED for too much. */
export async function* readTarSplit(
  source: AsyncIterable<Buffer>,
  what: string,
  limits?: Partial<Limits>,
): AsyncGenerator<TarSplitPart> {
  const bounds = withDefaults(limits);
  let position = 0;
  for await (const line of splitLines(decompress(source, { what, limits: bounds }), what, bounds)) {
    checkLimit(bounds, 'entries', position / 2, `read ${what}`);
    yield parsePart(line, what, bounds, position);
    position += 1;
  }
}

async function* splitLines(
  chunks: AsyncIterable<Buffer>,
  what: string,
  limits: Limits,
): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const last = chunk.subarray(from, end);
      checkLimit(limits, 'documentSize', length + last.length, `read a line of ${what}`);
      yield parts.length === 0 ? last : Buffer.concat([...parts, last]);
      parts = [];
      length = 0;
      from = end + 1;
    }
    if (from === chunk.length) continue;
    // A copy: the chunk may be filled anew before the line is whole.
    parts.push(Buffer.from(chunk.subarray(from)));
    length += chunk.length - from;
    checkLimit(limits, 'documentSize', length, `read a line of ${what}`);
  }
  if (length > 0) yield Buffer.concat(parts);
}

function parsePart(line: Buffer, what: string, limits: Limits, position: number): TarSplitPart {
  const { documentSize } = limits;
  const part = parseJson(line, `${what}, line ${position + 1}`, {
    maximumBytes: documentSize,
    maximumDepth: 4,
  });
  const stated = part.get('position');
  if (stated.integer(0) !== position) stated.fail(`not ${position}: a part is missing`);
  const type = part.get('type');
  if (type.integer() === SEGMENT) return { kind: 'segment', bytes: base64Of(part.get('payload')) };
  if (type.integer() !== FILE) type.fail('neither a file (1) nor a segment (2)');
  const size = part.get('size').optional((value) => value.integer(0)) ?? 0;
  return { kind: 'file', name: nameOf(part), size, crc64: crcOf(part.get('payload'), size) };
}

/** `name_raw` for what is no UTF-8. */
function nameOf(part: JsonReader): string {
  const raw = part.get('name_raw');
  const bytes = raw.isPresent
    ? base64Of(raw)
    : Buffer.from(part.get('name').optionalString() ?? '', 'utf8');
  return decodeName(bytes);
}

function crcOf(payload: JsonReader, size: number): string | undefined {
  if (size === 0) return undefined;
  const bytes = base64Of(payload);
  return bytes.length === 8 ? bytes.toString('hex') : payload.fail('no CRC-64 of a file');
}

function base64Of(reader: JsonReader): Buffer {
  const text = reader.optionalString() ?? '';
  return BASE64.test(text) ? Buffer.from(text, 'base64') : reader.fail('not base64');
}

/** The headers alone, and after each how many bytes of the tar are left out there. */
export async function* headersOf(
  parts: AsyncIterable<TarSplitPart>,
): AsyncGenerator<Buffer | number> {
  for await (const part of parts) {
    if (part.kind === 'segment') yield part.bytes;
    else if (part.size > 0) yield part.size;
  }
}

export function outOfPlace(what: string): CutawayError {
  return new CutawayError('CORRUPT', `read ${what}: its sizes are not those of the headers`);
}
