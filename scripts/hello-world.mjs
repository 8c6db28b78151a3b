// Assembles fixtures/hello-world into src/runtime/embedded/hello-elf.ts: the programs of the
// hello-world image, one per architecture. Needs GNU binutils for both of them.
//   node scripts/hello-world.mjs [OUTPUT]
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const source = new URL('../fixtures/hello-world', import.meta.url).pathname;
const output = process.argv[2] ?? 'src/runtime/embedded/hello-elf.ts';
const targets = [
  {
    architecture: 'amd64',
    file: 'hello.x86_64.S',
    tools: process.arch === 'x64' ? '' : 'x86_64-linux-gnu-',
  },
  {
    architecture: 'arm64',
    file: 'hello.arm64.S',
    tools: process.arch === 'arm64' ? '' : 'aarch64-linux-gnu-',
  },
];

function assemble({ architecture, file, tools }) {
  const work = mkdtempSync(join(tmpdir(), 'cutaway-hello-'));
  try {
    const message = readFileSync(join(source, 'message.txt'), 'utf8');
    writeFileSync(join(work, 'message.txt'), message.replace('@ARCHITECTURE@', architecture));
    const [object, linked, program] = ['hello.o', 'hello.elf', 'hello'].map((name) =>
      join(work, name),
    );
    execFileSync(`${tools}as`, ['-I', work, '-I', source, '-o', object, join(source, file)]);
    execFileSync(`${tools}ld`, ['-T', join(source, 'hello.ld'), '-o', linked, object]);
    // The headers are in the source; what the linker puts around them is left behind.
    execFileSync(`${tools}objcopy`, ['-O', 'binary', '-j', '.image', linked, program]);
    return readFileSync(program);
  } finally {
    rmSync(work, { recursive: true });
  }
}

const entries = targets.map((target) => {
  const bytes = assemble(target);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return `  ${target.architecture}: {
    sha256: '${sha256}',
    base64:
      '${bytes.toString('base64')}',
  },
`;
});
writeFileSync(
  output,
  `// Made by scripts/hello-world.mjs from fixtures/hello-world: do not edit.

export interface EmbeddedProgram {
  /** Of the program's bytes, in hex. */
  readonly sha256: string;
  readonly base64: string;
}

/** The program of the hello-world image, by architecture. */
export const HELLO_ELF: Readonly<Record<'amd64' | 'arm64', EmbeddedProgram>> = {
${entries.join('')}};
`,
);
