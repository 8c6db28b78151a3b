import { randomInt } from 'node:crypto';

const QUALITIES = `
  amber brave brisk calm clear clever cosmic crisp daring deft eager early exact fair fleet
  frank gentle glad golden grand happy hardy honest humble keen kind lively lucid lunar
  merry mild modest neat nimble noble open patient plain polite prime proud quick quiet
  ready rosy sharp silver sober solar steady sunny swift tidy true vivid warm wise witty
  young zesty
`;

/** Tools of those who look inside things. */
const THINGS = `
  anvil awl beacon bench bevel bobbin caliper chisel clamp compass cutter dial dowel drill
  engine filter flask gasket gauge gear hinge jig kiln lamp lathe lens lever loom magnet
  mallet meter mirror mortar needle nozzle pencil pestle piston plane pliers plumb prism
  probe pulley punch radius rivet ruler scale scope scriber shim solder spindle spring
  stencil tongs valve vise wedge
`;

/** A name for a container that was given none; `taken` says which are in use. */
export function inventName(taken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt += 1) {
    const words = `${pick(QUALITIES)}_${pick(THINGS)}`;
    const name = attempt < 8 ? words : `${words}${randomInt(10_000)}`;
    if (!taken(name)) return name;
  }
}

function pick(list: string): string {
  const words = list.trim().split(/\s+/);
  return words[randomInt(words.length)] ?? '';
}
