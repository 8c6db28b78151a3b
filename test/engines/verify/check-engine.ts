import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { Test } from 'tap';
import type { Cutaway } from '../../support/cli.js';
import { schemaErrors } from '../../support/schema-errors.js';
import { TAMPERINGS } from './tamper.js';

export interface VerifiedEngine {
  readonly cutaway: Cutaway;
  /** What stands before the command: where the engine is. */
  readonly options: readonly string[];
  readonly engine: string;
  readonly image: string;
  readonly against: 'blob' | 'tar-split';
}

interface Answer {
  readonly verdict: string;
  readonly layers: readonly { readonly layer: number; readonly unpacked?: Unpacked }[];
  readonly findings: readonly { readonly finding: string; readonly path?: string }[];
  readonly problems: readonly unknown[];
}

interface Unpacked {
  readonly directory: string;
  readonly against?: string;
  readonly verdict: string;
}

/** Untouched nothing is found; of each tampering its own finding, and nothing when it is undone. */
export async function checkEngine(t: Test, engine: VerifiedEngine): Promise<void> {
  const schema = JSON.parse(await engine.cutaway.text('schema', 'verify')) as object;
  const { status, answer } = await verify(engine, engine.image);
  t.same(answer.problems, []);
  t.same(answer.findings, [], 'untouched');
  t.same([status, answer.verdict], [0, 'good']);
  const unpacked = answer.layers.map((layer) => layer.unpacked);
  t.same(
    unpacked.map((one) => one?.against),
    answer.layers.map(() => engine.against),
  );
  for (const tampering of TAMPERINGS) {
    const directory = unpacked[tampering.layer - 1]?.directory ?? '';
    await withCopy(directory, async () => {
      tampering.act(directory);
      const after = await verify(engine, engine.image);
      t.same(shown(after.answer), tampering.expected, tampering.name);
      t.equal(after.status, 1);
      t.same(after.answer.problems, []);
      t.same(schemaErrors(schema, after.answer), []);
    });
  }
  t.same((await verify(engine, engine.image)).answer.findings, [], 'all of it undone');
}

export async function verify(
  { cutaway, options, engine }: VerifiedEngine,
  target: string,
): Promise<{ status: number | null; answer: Answer }> {
  const env = { CUTAWAY_ENGINES: engine };
  const words = [...options, 'verify', '--json', target];
  const { status, stdout, stderr } = await cutaway.run(words, { env });
  if (stdout === '') throw new Error(stderr);
  return { status, answer: JSON.parse(stdout) as Answer };
}

export function shown({ findings }: Answer): string[] {
  return findings.map(({ finding, path = '' }) => `${finding} ${path}`);
}

/** Puts back all of a directory afterwards: contents, times, links, attributes. */
export async function withCopy(directory: string, act: () => Promise<void>): Promise<void> {
  const copy = `${directory}.copy`;
  execFileSync('cp', ['-a', '--preserve=all', directory, copy]);
  try {
    await act();
  } finally {
    rmSync(directory, { recursive: true });
    rmSync(`${directory}/../elsewhere`, { recursive: true, force: true });
    execFileSync('mv', ['-T', copy, directory]);
  }
}
