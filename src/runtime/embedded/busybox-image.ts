import { sha256Digest } from '../../oci/digest.js';
import { CutawayError } from '../../oci/error.js';
import { normalizePlatform } from '../../oci/platform.js';
import { DEFAULT_PATH } from '../spec/environment.js';
import { makeEmbeddedImage, type EmbeddedImage } from './embedded-image.js';
import type { TarEntry } from './tar-bytes.js';

const REFERENCE = 'docker.io/library/busybox:latest';

const PT_INTERP = 3;

/**
 * A small image with a shell, from a static busybox of the machine and the names of its applets.
 * Three layers, so that there is a stack to look at: the second adds files, the third replaces
 * one of them and deletes another. The same busybox gives the same digests.
 */
export function busyboxImage(
  busybox: Buffer,
  architecture: string,
  applets: readonly string[],
): EmbeddedImage {
  checkStatic(busybox);
  const links = appletLinks(applets);
  const platform = normalizePlatform({ os: 'linux', architecture });
  const steps = [
    {
      createdBy: `COPY busybox /bin/  # and ${links.length} links to it`,
      entries: base(busybox, links),
    },
    { createdBy: 'COPY motd /etc/  # and /usr/share/doc', entries: DOCUMENTS },
    { createdBy: 'COPY motd /etc/  # again, and rm /usr/share/doc/draft.txt', entries: CHANGES },
    { createdBy: 'CMD ["sh"]' },
  ];
  const config = {
    Env: [`PATH=${DEFAULT_PATH}`],
    Cmd: ['sh'],
    WorkingDir: '/',
    Labels: {
      'org.opencontainers.image.title': 'busybox',
      'org.opencontainers.image.description':
        'Made by cutaway from the static busybox of the machine it ran on; not the image of Docker Hub',
      'cutaway.busybox.digest': sha256Digest(busybox),
    },
  };
  return makeEmbeddedImage(REFERENCE, [{ platform, steps, config }]);
}

/** A program that names an interpreter (PT_INTERP of elf(5)) needs files the image lacks. */
function checkStatic(program: Buffer): void {
  const refuse = (reason: string): never => {
    throw new CutawayError('INVALID_INPUT', `make busybox image: the program is ${reason}`, {
      hint: 'install a static busybox (Debian and Ubuntu: busybox-static)',
    });
  };
  // 64 bit, little endian: every machine that we run on.
  if (program.length < 64 || program.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') {
    return refuse('not a 64-bit ELF file');
  }
  const headers = Number(program.readBigUInt64LE(32));
  const [size, count] = [program.readUInt16LE(54), program.readUInt16LE(56)];
  if (headers + size * count > program.length) return refuse('cut short');
  const types = Array.from({ length: count }, (_, at) => program.readUInt32LE(headers + at * size));
  if (types.includes(PT_INTERP)) refuse('dynamically linked');
}

function appletLinks(applets: readonly string[]): TarEntry[] {
  const names = [...new Set(applets)].filter((name) => name !== 'busybox').sort();
  for (const name of names) {
    // "[" and "[[" are applets; nothing that leads out of /bin is.
    if (!/^[a-zA-Z0-9_.[-]{1,64}$/.test(name) || name === '.' || name === '..') {
      throw new CutawayError('INVALID_INPUT', `make busybox image: not an applet: "${name}"`);
    }
  }
  return names.map((name) => ({ type: 'symlink', path: `bin/${name}`, target: 'busybox' }));
}

function base(busybox: Buffer, links: readonly TarEntry[]): TarEntry[] {
  return [
    directory('bin'),
    { type: 'file', path: 'bin/busybox', mode: 0o755, content: busybox },
    ...links,
    directory('dev'),
    directory('etc'),
    textFile('etc/group', [
      'root:x:0:',
      'daemon:x:1:',
      'tty:x:5:',
      'users:x:100:',
      'nogroup:x:65534:',
    ]),
    textFile('etc/passwd', [
      'root:x:0:0:root:/root:/bin/sh',
      'daemon:x:1:1:daemon:/:/bin/false',
      'nobody:x:65534:65534:nobody:/:/bin/false',
    ]),
    directory('home'),
    directory('proc'),
    directory('root', 0o700),
    directory('run'),
    directory('sys'),
    directory('tmp', 0o1777),
    directory('usr'),
    directory('usr/bin'),
    directory('usr/share'),
    directory('var'),
    directory('var/log'),
    directory('var/tmp', 0o1777),
  ];
}

// A directory above a file repeats what the layer below says of it: to leave it out would be
// legal, but then the layer does not say what the directory is.
const DOCUMENTS: readonly TarEntry[] = [
  directory('etc'),
  textFile('etc/motd', ['This line is in layer 2. Layer 3 replaces it.']),
  directory('usr'),
  directory('usr/share'),
  directory('usr/share/doc'),
  textFile('usr/share/doc/draft.txt', ['Layer 3 deletes this file; layer 2 keeps its bytes.']),
  textFile('usr/share/doc/layers.txt', [
    'This image is a stack of three layers.',
    ' 1  the shell: /bin, and the directories a system has',
    ' 2  this file, /etc/motd and draft.txt beside this file',
    ' 3  another /etc/motd, and a layer whiteout: .wh.draft.txt',
  ]),
];

// image-spec layer.md#whiteouts: an empty file of this name deletes the name without ".wh.".
const CHANGES: readonly TarEntry[] = [
  directory('etc'),
  textFile('etc/motd', ['You are in a container. This line is in layer 3, on top of another.']),
  directory('usr'),
  directory('usr/share'),
  directory('usr/share/doc'),
  textFile('usr/share/doc/.wh.draft.txt', []),
];

function directory(path: string, mode = 0o755): TarEntry {
  return { type: 'directory', path, mode };
}

function textFile(path: string, lines: readonly string[]): TarEntry {
  const content = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  return { type: 'file', path, mode: 0o644, content };
}
