import type { Digest } from './digest.js';
import { present, type JsonReader } from './json-reader.js';
import { readPlatform, type Platform } from './platform.js';

/** What a document says of a blob elsewhere: image-spec descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Of the blob, in bytes. */
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly urls?: readonly string[];
  readonly artifactType?: string;
  /** The blob itself in base64; to be verified like any other blob. */
  readonly data?: string;
}

export function readDescriptor(reader: JsonReader): Descriptor {
  return present({
    mediaType: reader.get('mediaType').string(),
    digest: reader.get('digest').digest(),
    size: reader.get('size').integer(0),
    platform: reader.get('platform').optional(readPlatform),
    annotations: reader.get('annotations').optional((map) => map.stringMap()),
    urls: reader.get('urls').optional((urls) => urls.strings()),
    artifactType: reader.get('artifactType').optionalString(),
    data: reader.get('data').optionalString(),
  });
}
