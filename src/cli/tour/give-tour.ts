// The tour from its first word to its last: what can be shown is shown, what cannot is named,
// and whatever happens, nothing is left behind.
import { causeText } from '../../oci/error.js';
import { shortPath } from '../../report/short.js';
import type { Context } from '../context.js';
import { findLeftOut, type LeftOut } from './abilities.js';
import { openInsideShell, type InsideShell } from './inside-shell.js';
import { runHostLine, type LineResult } from './run-line.js';
import type { TourFace } from './tour-face.js';
import type { TourPlace } from './tour-place.js';
import { FIRST_RUN, REMOVAL, STEPS, type TourLine, type TourStep } from './tour-steps.js';

export interface TourOptions {
  readonly face: TourFace;
  /** Whether the output of commands is read, or goes to the terminal by itself. */
  readonly captured: boolean;
  readonly keep: boolean;
  /** Waits between two steps; false ends the tour. */
  readonly pause: () => Promise<boolean>;
  /** Whether the tour was told to stop; asked between two commands. */
  readonly isStopped: () => boolean;
}

interface Tour extends TourOptions {
  readonly context: Context;
  readonly place: TourPlace;
  directory: string;
  shell: InsideShell | undefined;
  /** Of the command that was run to find out whether containers run. */
  firstRun: LineResult | undefined;
}

/** Whether all that can be shown was shown. */
export async function giveTour(
  context: Context,
  place: TourPlace,
  options: TourOptions,
): Promise<boolean> {
  const directory = process.cwd();
  const tour: Tour = {
    ...options,
    context,
    place,
    directory,
    shell: undefined,
    firstRun: undefined,
  };
  try {
    const leftOut = await findAllLeftOut(tour);
    const steps = selectSteps(leftOut, options.keep);
    writeOpening(tour, leftOut);
    const shown = await showSteps(tour, steps);
    if (shown === 'all') writeClosing(tour, leftOut);
    return shown !== 'failed';
  } finally {
    await tour.shell?.kill();
  }
}

/** The first command of all tells what the doctor cannot know: in a sandbox, mounts are refused. */
async function findAllLeftOut(tour: Tour): Promise<readonly LeftOut[]> {
  const known = await findLeftOut(tour.context);
  if (known.some(({ need }) => need === 'containers')) return known;
  const argv = FIRST_RUN.text.split(' ');
  const { context, place, directory } = tour;
  const result = await runHostLine(context, place, { argv, directory, captured: true });
  if (result.status === FIRST_RUN.status) {
    tour.firstRun = result;
    return known;
  }
  // What failed half-way is no store to go on with.
  await place.clear();
  const words = (result.output ?? '')
    .split('\n')
    .filter((line) => /^(cutaway run: | {2}\S)/.test(line));
  const [found = `${FIRST_RUN.text} does not work`, remedy] = words.map((line) => line.trim());
  const reason = remedy === undefined ? { found } : { found, remedy };
  return [{ need: 'containers', reasons: [reason] }, ...known];
}

function selectSteps(leftOut: readonly LeftOut[], keep: boolean): readonly TourStep[] {
  const missing = new Set(leftOut.map(({ need }) => need));
  return STEPS.filter(({ needs, without }) => {
    if (needs.some((need) => missing.has(need))) return false;
    return without === undefined || missing.has(without);
  }).filter((step) => !keep || step !== REMOVAL);
}

function writeOpening({ face, place, keep }: Tour, leftOut: readonly LeftOut[]): void {
  face.title('What a container is made of: a tour');
  const end = keep ? 'stays when the tour ends' : 'is removed when the tour ends';
  face.paragraph(
    `Every command here is really run on this machine, and what stands under it is what it printed.
    The images and containers are in a store of the tour's own, \`${place.root}\`, which ${end}.`,
  );
  writeLeftOut(face, leftOut);
}

const WHAT: Readonly<Record<LeftOut['need'], string>> = {
  containers: 'everything for which a container must run',
  busybox: 'everything that is shown on the busybox image',
};

function writeLeftOut(face: TourFace, leftOut: readonly LeftOut[]): void {
  for (const { need, reasons } of leftOut) {
    face.paragraph(`Left out on this machine: ${WHAT[need]}.`);
    for (const { found, remedy } of reasons) {
      const short = shortPath(found, 0, { noTrunc: false });
      face.item(remedy === undefined ? short : `${short} (${remedy})`);
    }
  }
}

async function showSteps(
  tour: Tour,
  steps: readonly TourStep[],
): Promise<'all' | 'part' | 'failed'> {
  for (const [index, step] of steps.entries()) {
    if (index > 0 && !(await tour.pause())) return 'part';
    tour.face.step(index + 1, steps.length, step.title);
    tour.face.paragraph(step.text);
    for (const line of step.lines) {
      if (tour.isStopped()) return 'part';
      const failure = await showLine(tour, line);
      if (failure === undefined) continue;
      tour.face.finding(`This step failed: \`${typedText(tour, line)}\` ${failure}.`);
      return 'failed';
    }
  }
  return 'all';
}

/** Undefined when all is well, else what happened instead. */
async function showLine(tour: Tour, line: TourLine): Promise<string | undefined> {
  tour.face.command(line, typedText(tour, line));
  try {
    const { status, output } = await runLine(tour, line);
    tour.face.output(line, output ?? '');
    if (status === line.status) return undefined;
    return status === undefined
      ? 'did not end in time'
      : `ended with ${status}, not ${line.status}`;
  } catch (error) {
    return `could not be run: ${causeText(error)}`;
  }
}

async function runLine(tour: Tour, line: TourLine): Promise<LineResult> {
  const { context, place, directory, captured } = tour;
  const text = typedText(tour, line);
  if (line.where === 'inside') return await typeInside(tour, line, text);
  if (line === FIRST_RUN && tour.firstRun !== undefined) return tour.firstRun;
  const argv = text.split(' ');
  if (line.shell === 'opens') {
    tour.shell = openInsideShell(context, place, argv);
    return await tour.shell.type(':');
  }
  if (argv[0] !== 'cd') return await runHostLine(context, place, { argv, directory, captured });
  // As in a shell: the commands that follow are run there.
  tour.directory = context.host.realPath(argv[1] ?? '/');
  return { status: 0, output: '' };
}

async function typeInside(tour: Tour, line: TourLine, text: string): Promise<LineResult> {
  const { shell } = tour;
  if (shell === undefined) return { status: undefined, output: '' };
  if (line.shell !== 'ends') return await shell.type(text);
  tour.shell = undefined;
  return await shell.end(text);
}

function typedText({ place }: Tour, { text }: TourLine): string {
  return text.replaceAll(/\{(root|tour)\}/g, (_, name: string) =>
    name === 'root' ? place.root : (place.findContainerID(name) ?? name),
  );
}

function writeClosing({ face, place, keep }: Tour, leftOut: readonly LeftOut[]): void {
  if (leftOut.length > 0) {
    face.paragraph('That is all that this machine can show now.');
    writeLeftOut(face, leftOut);
  } else face.paragraph('That is the whole tour.');
  if (keep) writeKept(face, place);
  else if (leftOut.some(({ need }) => need === 'containers')) {
    face.paragraph('Go on with an image of your own: `cutaway load FILE`, then `cutaway layers`.');
  } else {
    face.paragraph('Go on with a container of your own: `cutaway run -it --name web busybox sh`.');
  }
}

function writeKept(face: TourFace, { root }: TourPlace): void {
  face.paragraph('The store of the tour is kept. To look at it with your own hands:');
  face.item(`\`export CUTAWAY_DATA_ROOT=${root}\``);
  face.item('`cutaway ls`');
  face.item(`\`cutaway rm -f $(cutaway ps -aq); rm -r ${root}\` removes it`);
}
