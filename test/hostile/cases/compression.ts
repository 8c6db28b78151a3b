// Compressed layers and archives that blow up, go on behind their end, or are not what they say.
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  buildLayer,
  layoutFiles,
  writeFiles,
  buildDockerArchive,
  sha256,
} from '../../support/build-image.js';
import { evidence, type HostileCase } from '../hostile-case.js';

const LAYER = buildLayer([{ path: 'a', content: 'content' }]);
/** Not in the store when their turn comes: what it has it does not read again. */
const OTHER = buildLayer([{ path: 'a', content: 'other' }]);
const OTHER2 = buildLayer([{ path: 'a', content: 'elsewhere' }]);
const HIDDEN = buildLayer([{ path: 'hidden', content: 'payload' }]);

/** A layout whose one layer blob is exactly these bytes; its diffID is that of `plain`. */
export function blobLayer(blob: Buffer, plain: Buffer, mediaType = 'tar+gzip') {
  return (directory: string): string => {
    const files = layoutFiles([{ layers: [plain], tags: ['evil:1'] }]);
    const digest = sha256(blob);
    const [oldName = ''] = [...files].filter(([, bytes]) => isLayer(bytes)).map(([name]) => name);
    files.delete(oldName);
    files.set(`blobs/sha256/${digest.slice(7)}`, blob);
    const manifest = changeManifest(files, (text) => {
      const document = JSON.parse(text) as {
        layers: { digest: string; size: number; mediaType: string }[];
      };
      const [layer] = document.layers;
      if (layer !== undefined) {
        layer.digest = digest;
        layer.size = blob.length;
        layer.mediaType = `application/vnd.oci.image.layer.v1.${mediaType}`;
      }
      return JSON.stringify(document);
    });
    files.set('index.json', manifest);
    return writeFiles(directory, files);
  };
}

/** Where the table of contents is, in an empty member of 51 bytes. */
function estargzFooter(offset: number): Buffer {
  const extra = Buffer.from(`SG\x16\x00${offset.toString(16).padStart(16, '0')}STARGZ`, 'latin1');
  const header = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, extra.length, 0]);
  return Buffer.concat([header, extra, Buffer.from([1, 0, 0, 0xff, 0xff]), Buffer.alloc(8)]);
}

function isLayer(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Replaces the one manifest; returns the index that names the new one. */
export function changeManifest(
  files: Map<string, Buffer>,
  change: (text: string) => string,
): Buffer {
  const index = JSON.parse(String(files.get('index.json'))) as {
    manifests: { digest: string; size: number }[];
  };
  const [descriptor] = index.manifests;
  if (descriptor === undefined) throw new Error('no manifest to change');
  const name = `blobs/sha256/${descriptor.digest.slice(7)}`;
  const changed = Buffer.from(change(String(files.get(name))));
  files.delete(name);
  descriptor.digest = sha256(changed);
  descriptor.size = changed.length;
  files.set(`blobs/sha256/${descriptor.digest.slice(7)}`, changed);
  return Buffer.from(JSON.stringify(index));
}

const zeros = Buffer.concat([LAYER.subarray(0, -1024), Buffer.alloc(64 * 2 ** 20)]);
const packed = gzipSync(LAYER);
const twice = gzipSync(gzipSync(LAYER));

/** One zstd frame of a raw block: magic, descriptor, window, block. */
function zstdFrame(window: number, content: Buffer): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, window]);
  const block = Buffer.alloc(3);
  block.writeUIntLE((content.length << 3) | 1, 0, 3);
  return Buffer.concat([head, block, content]);
}

function broken(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(packed);
  change(bytes);
  return bytes;
}

export const COMPRESSION_CASES: readonly HostileCase[] = [
  {
    name: 'gzip-bomb',
    trick: 'a thousand bytes come out for each that went in',
    evidence: 'node-tar 2812e93, CVE-2017-14992 (tar-split)',
    make: blobLayer(gzipSync(zeros), zeros),
    options: ['--limit', 'ratioFloor=16M'],
    expect: { refused: /exceeds the limit expansionRatio of 500$/ },
  },
  {
    name: 'gzip-bomb-total',
    trick: 'more comes out than a layer may have',
    evidence: 'stereoscope: 2 GB a file; containerization PR #931',
    make: blobLayer(gzipSync(zeros), zeros),
    options: ['--limit', 'totalBytes=8M'],
    expect: { refused: /exceeds the limit totalBytes of 8388608$/ },
  },
  {
    name: 'gzip-bomb-archive',
    trick: 'a compressed archive that would fill the memory',
    evidence: 'CVE-2017-14992 (tar-split)',
    make: (directory) => evidence(directory, gzipSync(buildDockerArchive([{ layers: [zeros] }]))),
    options: ['--limit', 'compressedArchive=16M'],
    expect: { refused: /exceeds the limit compressedArchive of 16777216$/ },
  },
  {
    name: 'gzip-members',
    trick: 'a second gzip member, which some readers leave out',
    evidence: 'RFC 1952 2.2, estargz',
    make: blobLayer(
      Buffer.concat([gzipSync(LAYER.subarray(0, 700)), gzipSync(LAYER.subarray(700))]),
      LAYER,
    ),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'estargz-footer',
    trick: 'a footer that is a member without content and with an extra field: no trailing data',
    evidence: 'stargz-snapshotter docs/estargz.md, "Footer"',
    make: blobLayer(Buffer.concat([packed, estargzFooter(packed.length)]), LAYER),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'gzip-members-smuggle',
    trick: 'a second member with an archive of its own',
    evidence: 'RFC 1952 2.2: readers stop or go on',
    make: blobLayer(Buffer.concat([packed, gzipSync(HIDDEN)]), Buffer.concat([LAYER, HIDDEN])),
    expect: { problems: ['tar-trailing-data'], entries: ['f /a'] },
  },
  {
    name: 'gzip-junk',
    trick: 'bytes behind the compressed data',
    evidence: 'polyglot files, gzip: trailing garbage ignored',
    make: blobLayer(Buffer.concat([packed, Buffer.alloc(512), Buffer.from('payload')]), LAYER),
    expect: { problems: ['compressed-trailing-data'], entries: ['f /a'] },
  },
  {
    name: 'gzip-garbage',
    trick: 'bytes behind the compressed data that are no zeros',
    evidence: 'gzip: trailing garbage ignored',
    make: blobLayer(Buffer.concat([packed, Buffer.from('payload')]), LAYER),
    expect: { refused: /decompress layer 1/ },
  },
  {
    name: 'gzip-truncated',
    trick: 'compressed data that stop in the middle',
    evidence: 'style: truncated gzip',
    make: blobLayer(packed.subarray(0, -20), LAYER),
    expect: { refused: /decompress layer 1/ },
  },
  {
    name: 'gzip-bad-sum',
    trick: 'a wrong sum at the end of the compressed data',
    evidence: 'RFC 1952 2.3.1',
    make: blobLayer(
      broken((bytes) => bytes.fill(0x55, bytes.length - 8, bytes.length - 4)),
      LAYER,
    ),
    expect: { refused: /decompress layer 1/ },
  },
  {
    name: 'gzip-header',
    trick: 'a gzip header with a name that climbs out and drives a terminal',
    evidence: 'RFC 1952 2.3: FNAME',
    make: blobLayer(
      Buffer.concat([
        Buffer.from('1f8b080800000000', 'hex'),
        Buffer.from([0, 3]),
        Buffer.from('../../tmp/\x1b[2J\0'),
        packed.subarray(10),
      ]),
      LAYER,
    ),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'gzip-in-gzip',
    trick: 'a layer compressed twice',
    evidence: 'crane, docker: only one layer of it is undone',
    make: blobLayer(twice, gunzipSync(twice)),
    expect: { refused: /read tar at byte/ },
  },
  {
    name: 'zstd-window',
    trick: 'a frame that asks for a window of 2 TiB',
    evidence: 'RFC 8878 3.1.1.1.2, containerization PR #931',
    make: blobLayer(zstdFrame(0xf8, LAYER), LAYER, 'tar+zstd'),
    expect: { refused: /decompress layer 1/ },
  },
  {
    name: 'zstd-plain',
    trick: 'a small frame, to show that the others fail for their own reason',
    evidence: 'RFC 8878',
    make: blobLayer(zstdFrame(0x58, LAYER), LAYER, 'tar+zstd'),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'zstd-skippable',
    trick: 'a frame to be skipped that claims 4 GiB',
    evidence: 'RFC 8878 3.1.2',
    make: blobLayer(
      Buffer.concat([Buffer.from('502a4d18ffffffff', 'hex'), zstdFrame(0x58, LAYER)]),
      LAYER,
      'tar+zstd',
    ),
    expect: { refused: /./ },
  },
  {
    name: 'zstd-damaged',
    trick: 'a frame of nonsense',
    evidence: 'fzstd, RFC 8878',
    make: blobLayer(
      Buffer.concat([Buffer.from('28b52ffd', 'hex'), Buffer.alloc(300, 0xa7)]),
      LAYER,
      'tar+zstd',
    ),
    expect: { refused: /decompress layer 1/ },
  },
  {
    name: 'compression-mismatch',
    trick: 'a media type that promises another compression',
    evidence: 'image-spec layer.md, buildkit',
    make: blobLayer(packed, LAYER, 'tar+zstd'),
    expect: { problems: ['compression-mismatch', 'compression-mismatch'], entries: ['f /a'] },
  },
  {
    name: 'layer-type-unknown',
    trick: 'a media type that is no layer',
    evidence: 'image-spec manifest.md',
    make: blobLayer(gzipSync(OTHER), OTHER, 'tar+brotli\x1b[31m'),
    expect: { refused: /media type .* is not supported$/ },
  },
  {
    name: 'nondistributable',
    trick: 'a layer that is to be had elsewhere, by the URL in its descriptor',
    evidence: 'CVE-2020-15157 (containerd): credentials sent to foreign layers',
    make: (directory) => {
      const files = layoutFiles([{ layers: [OTHER2], tags: ['evil:1'] }]);
      const name = [...files.keys()].find((key) => isLayer(files.get(key) ?? LAYER)) ?? '';
      files.delete(name);
      files.set(
        'index.json',
        changeManifest(files, (text) =>
          text.replace('"layers":[{', '"layers":[{"urls":["http://127.0.0.1:1/\\u001b[31m"],'),
        ),
      );
      return writeFiles(directory, files);
    },
    expect: { refused: /not in layout/ },
  },
];
