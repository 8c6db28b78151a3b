// Other readers of tar that are on this machine, each asked what an archive holds.
import { spawnSync } from 'node:child_process';

/** "file name 12", "link name -> target": what a reader sees, in the order of the archive. */
export interface Reading {
  readonly entries: readonly string[];
  /** It stopped, or complained by its exit status. */
  readonly failed: boolean;
}

export interface Referee {
  readonly name: string;
  readonly read: (tar: Buffer) => Reading;
}

const KINDS: Readonly<Record<string, string>> = {
  '-': 'file',
  C: 'file',
  d: 'directory',
  l: 'symlink',
  h: 'link',
  c: 'char',
  b: 'block',
  p: 'fifo',
};

const PYTHON = `
import sys, tarfile, io
kinds = [('isdir', 'directory'), ('issym', 'symlink'), ('islnk', 'link'), ('ischr', 'char'),
         ('isblk', 'block'), ('isfifo', 'fifo')]
out = io.TextIOWrapper(sys.stdout.buffer, encoding='latin-1', errors='replace')
text = lambda name: name.encode('utf-8', 'surrogateescape').decode('latin-1')
try:
    with tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()), mode='r:', errors='surrogateescape') as tar:
        for entry in tar:
            kind = next((name for test, name in kinds if getattr(entry, test)()), 'file')
            out.write('%s\\t%s\\t%d\\t%s\\n' % (kind, text(entry.name), entry.size, text(entry.linkname)))
            out.flush()
except Exception as error:
    out.flush()
    sys.exit(3)
`;

/** Those that are here, each with its version. */
export function findReferees(): Referee[] {
  const all: Referee[] = [
    {
      name: 'GNU tar',
      read: (tar) =>
        readListing(
          tar,
          'tar',
          ['-tv', '--numeric-owner', '--quoting-style=literal', '-f', '-'],
          GNU,
        ),
    },
    { name: 'bsdtar', read: (tar) => readListing(tar, 'bsdtar', ['-tvnf', '-'], BSD) },
    { name: 'python3 tarfile', read: readPython },
  ];
  const programs: Readonly<Record<string, string>> = {
    'GNU tar': 'tar',
    'python3 tarfile': 'python3',
  };
  return all.filter(({ name }) => {
    const { status, stdout } = spawnSync(programs[name] ?? name, ['--version'], {
      encoding: 'utf8',
    });
    return status === 0 && (name !== 'GNU tar' || stdout.includes('GNU tar'));
  });
}

const GNU = /^(.)\S+ \S+ +(\d+|\d+,\d+) \d{4}-\d\d-\d\d \d\d:\d\d (.*)$/;
const BSD = /^(.)\S+ +\d+ +\S+ +\S+ +(\d+|\d+, *\d+) \w+ +\d+ +[\d:]+ (.*)$/;

function readListing(tar: Buffer, program: string, args: readonly string[], line: RegExp): Reading {
  const { stdout, status } = spawnSync(program, args, {
    input: tar,
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    timeout: 10_000,
    maxBuffer: 1 << 28,
  });
  const entries = stdout
    .toString('latin1')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => {
      const [, letter = '?', size = '', rest = text] = line.exec(text) ?? [];
      const [name = '', link = ''] = rest.split(/ -> | link to /);
      // A hard link is "h" here, and a file with a target there.
      const kind = rest.includes(' link to ') ? 'link' : (KINDS[letter] ?? letter);
      // bsdtar writes out what is no UTF-8.
      const bytes = (text: string) =>
        text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
          String.fromCharCode(parseInt(octal, 8)),
        );
      return reading(kind, bytes(name), size, bytes(link));
    });
  return { entries, failed: status !== 0 };
}

function readPython(tar: Buffer): Reading {
  const { stdout, status } = spawnSync('python3', ['-c', PYTHON], {
    input: tar,
    maxBuffer: 1 << 28,
  });
  const entries = stdout
    .toString('latin1')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => {
      const [kind = '', name = '', size = '', link = ''] = text.split('\t');
      return reading(kind, name, size, link);
    });
  return { entries, failed: status !== 0 };
}

/** One spelling for all readers; the size of what is no file means nothing. */
export function reading(kind: string, name: string, size: string, link: string): string {
  const plain = name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  const target = kind === 'link' ? link.replace(/^(?:\.?\/)+/, '') : link;
  if (kind === 'file') return `file ${plain} ${size}`;
  return kind === 'symlink' || kind === 'link'
    ? `${kind} ${plain} -> ${target}`
    : `${kind} ${plain}`;
}
