// A case through all commands: the law for each run, then what the case itself expects.
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import type { Test } from 'tap';
import { cutawayEngine } from '../../src/engines/cutaway.js';
import { linuxHost } from '../../src/host/linux-host.js';
import { indexDirectory } from '../../src/overlay/index-directory.js';
import { hostPlatform } from '../../src/oci/platform.js';
import { makeCutaway, type Cutaway } from '../support/cli.js';
import { makeCanary, snapshot, sprung } from './canary.js';
import type { Answers, HostileCase, LayersAnswer, TreeAnswer, TreeRow } from './hostile-case.js';
import { lawBroken } from './law.js';
import { makeMeter, type Measured, type Meter } from './measured-run.js';

interface Laboratory {
  readonly cutaway: Cutaway;
  readonly meter: Meter;
}

/** Runs the cases one after the other with a store that they share. */
export async function checkCases(t: Test, cases: readonly HostileCase[]): Promise<void> {
  const cutaway = makeCutaway(t);
  makeCanary(cutaway.directory);
  const laboratory = { cutaway, meter: makeMeter(cutaway) };
  const names = cases.map(({ name }) => name);
  t.same(names, [...new Set(names)], 'every case has a name of its own');
  for (const [at, each] of cases.entries()) {
    // Faces differ little from case to case: every third is looked at in all of them.
    const thorough = at % 3 === 0 || each.expect.shows !== undefined;
    await t.test(`${each.name}: ${each.trick} (${each.evidence})`, async (t) => {
      await checkCase(t, laboratory, each, thorough);
    });
  }
}

async function checkCase(
  t: Test,
  { cutaway, meter }: Laboratory,
  each: HostileCase,
  thorough: boolean,
): Promise<void> {
  const path = each.make(`${cutaway.directory}/evidence-${each.name}`);
  const around = () => snapshot(cutaway.directory, [cutaway.dataRoot]);
  const before = around();
  const { options = [], expect } = each;
  const ask = async (...args: string[]) => {
    const run = await meter.run([...args, ...options]);
    t.same(lawBroken(run), [], `the law: ${args[0] ?? ''} ${args[2] ?? ''}`);
    return run;
  };
  const load = await ask('load', path);
  const layers = await ask('layers', path, '--json');
  const tree = await ask('tree', path, '--json');
  const table = thorough ? await ask('tree', path) : undefined;
  const diff = thorough ? await ask('diff', path, '--json') : undefined;
  t.same(around(), before, 'nothing outside of the store has changed');
  t.same(sprung(), [], 'no trap has sprung');
  t.same(filesIn(cutaway.paths.temporary), [], 'nothing is left half done');
  const answers = {
    tree: answer(tree) as TreeAnswer | undefined,
    layers: answer(layers) as LayersAnswer | undefined,
  };
  checkRefusal(t, expect.refused, [layers, tree, ...[diff, table].flatMap((run) => run ?? [])]);
  if (expect.loads !== true) checkRefusal(t, expect.notLoaded ?? expect.refused, [load]);
  checkFacts(t, each, answers, table);
  const [id] = /sha256:[0-9a-f]{64}/.exec(answers.layers === undefined ? '' : idOf(layers)) ?? [];
  if (thorough && load.status === 0 && id !== undefined && answers.tree !== undefined) {
    await checkStored(t, { cutaway, meter }, id, answers.tree);
  }
}

function idOf({ stdout }: Measured): string {
  return (JSON.parse(stdout.toString('utf8')) as { image: { id: string } }).image.id;
}

function answer({ status, stdout }: Measured): unknown {
  return status === 0 ? (JSON.parse(stdout.toString('utf8')) as unknown) : undefined;
}

function checkRefusal(t: Test, refused: RegExp | undefined, runs: readonly Measured[]): void {
  for (const { args, status, stderr } of runs) {
    const what = args[0] ?? '';
    if (refused === undefined) {
      t.equal(status, 0, `${what} is answered: ${stderr.toString('utf8')}`);
      continue;
    }
    t.equal(status, 2, `${what} is refused`);
    t.match(stderr.toString('utf8').split('\n')[0], refused, `${what} says why`);
  }
}

function checkFacts(
  t: Test,
  { expect }: HostileCase,
  answers: Answers,
  table: Measured | undefined,
): void {
  const { tree } = answers;
  if (tree !== undefined) {
    const problems = tree.problems.map(({ code, path }) =>
      path === undefined ? code : `${code} ${path}`,
    );
    t.same(problems.sort(), [...(expect.problems ?? [])].sort(), 'the problems');
    for (const { message } of tree.problems)
      t.notMatch(message, /undefined|NaN|\[object/, 'in words');
  }
  const told = tree?.entries.map(brief).filter((line) => line !== 'd? /');
  if (expect.entries !== undefined) t.same(told, expect.entries, 'the entries');
  const text = table?.stdout.toString('utf8') ?? '';
  for (const shown of expect.shows ?? []) t.ok(text.includes(shown), `the table shows ${shown}`);
  t.equal(expect.check?.(answers), undefined, 'what else is to hold');
}

function brief({ type, path, implicit }: TreeRow): string {
  return `${type.slice(0, 1)}${implicit === true ? '?' : ''} ${path}`;
}

/** The store says the same as the archive, and on its disk is nothing that it does not say. */
async function checkStored(
  t: Test,
  { cutaway, meter }: Laboratory,
  id: string,
  asArchive: TreeAnswer,
): Promise<void> {
  const stored = await meter.run(['tree', `cutaway:${id}`, '--json']);
  t.same(lawBroken(stored), [], 'the law: tree of what is stored');
  const asStored = answer(stored) as TreeAnswer | undefined;
  t.same(asStored?.entries, asArchive.entries, 'stored as it was');
  const codes = (tree: TreeAnswer | undefined) => tree?.problems.map(({ code }) => code);
  const known = new Set(codes(asArchive));
  t.same(
    codes(asStored)?.filter((code) => !known.has(code)),
    [],
    'no new problem',
  );
  t.same(strayFiles(cutaway, id), [], 'unpacked is what the index has');
}

/** Paths in unpacked layers that are not, or are something else, in the layer's index. */
function strayFiles({ dataRoot }: Cutaway, id: string): string[] {
  const host = linuxHost();
  const engine = cutawayEngine({
    ...{ host, isLive: true, root: dataRoot, limits: {} },
    platform: hostPlatform(host.architecture),
  });
  const image = engine.findImage(id);
  if (image === undefined) return [`no image ${id}`];
  return engine.openImage(image).layers.flatMap(({ diffID, chainID }) => {
    const directory = engine.layerDirectory(chainID)?.directory;
    const index = engine.findLayerIndex?.(diffID);
    if (directory === undefined || index === undefined) return [];
    const known = new Map(index.entries.map((entry) => [entry.path, entry.type]));
    // GNU tar could not make room for these: what was there before stays, and is told of.
    const occupied = index.problems
      .filter(({ code }) => code === 'tar-not-unpacked')
      .map(({ path }) => path ?? '');
    const isOccupied = (path: string) =>
      occupied.some((place) => path === place || path.startsWith(`${place}/`));
    return indexDirectory(host, directory, { hash: false })
      .entries.filter(({ path, type }) => path !== '/' && known.get(path) !== type)
      .filter(({ path }) => !isOccupied(path))
      .map(({ path, type }) => `${type} ${path}`);
  });
}

function filesIn(directory: string): string[] {
  return existsSync(directory) && lstatSync(directory).isDirectory() ? readdirSync(directory) : [];
}
