import type { Command } from './command.js';

export interface CommandEntry {
  readonly name: string;
  readonly group: string;
  readonly summary: string;
  /** Its exit status is the container's own, or 125 to 127. */
  readonly runsContainer?: true;
  /** Only the command that runs is loaded. */
  load(): Promise<Command>;
}

const RUN = 'Run containers';
const IMAGES = 'Images';
const SHOW = 'Show what is inside';
const HOST = 'This host';

/** In the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'run',
    group: RUN,
    summary: 'create a container from an image and run it',
    runsContainer: true,
    load: async () => (await import('./commands/run.js')).run,
  },
  {
    name: 'create',
    group: RUN,
    summary: 'create a container without starting it',
    runsContainer: true,
    load: async () => (await import('./commands/create.js')).create,
  },
  {
    name: 'start',
    group: RUN,
    summary: 'start a container that does not run',
    runsContainer: true,
    load: async () => (await import('./commands/start.js')).start,
  },
  {
    name: 'ps',
    group: RUN,
    summary: 'list containers',
    load: async () => (await import('./commands/ps.js')).ps,
  },
  {
    name: 'rm',
    group: RUN,
    summary: 'remove containers',
    load: async () => (await import('./commands/rm.js')).rm,
  },
  {
    name: 'load',
    group: IMAGES,
    summary: 'bring images from an archive or a layout into the store',
    load: async () => (await import('./commands/load.js')).load,
  },
  {
    name: 'images',
    group: IMAGES,
    summary: 'list images',
    load: async () => (await import('./commands/images.js')).images,
  },
  {
    name: 'tag',
    group: IMAGES,
    summary: 'give an image one more name',
    load: async () => (await import('./commands/tag.js')).tag,
  },
  {
    name: 'rmi',
    group: IMAGES,
    summary: 'remove images',
    load: async () => (await import('./commands/rmi.js')).rmi,
  },
  {
    name: 'layers',
    group: SHOW,
    summary: 'the layers of an image or container: digests, sizes, directories',
    load: async () => (await import('./commands/layers.js')).layers,
  },
  {
    name: 'overlay',
    group: SHOW,
    summary: 'lower, upper, work and merged directories, and the mount',
    load: async () => (await import('./commands/overlay.js')).overlay,
  },
  {
    name: 'tree',
    group: SHOW,
    summary: 'the merged files, each with the layer it comes from',
    load: async () => (await import('./commands/tree.js')).tree,
  },
  {
    name: 'cat',
    group: SHOW,
    summary: 'what is in a file, also in a version that is no longer there',
    load: async () => (await import('./commands/cat.js')).cat,
  },
  {
    name: 'extract',
    group: SHOW,
    summary: 'write files and directories of an image or container to a safe place',
    load: async () => (await import('./commands/extract.js')).extract,
  },
  {
    name: 'diff',
    group: SHOW,
    summary: 'what a container changed, or what differs between two targets',
    load: async () => (await import('./commands/diff.js')).diff,
  },
  {
    name: 'blame',
    group: SHOW,
    summary: 'every layer that added, changed, hid or deleted a path',
    load: async () => (await import('./commands/blame.js')).blame,
  },
  {
    name: 'recover',
    group: SHOW,
    summary: 'what later layers took away and the image still has',
    load: async () => (await import('./commands/recover.js')).recover,
  },
  {
    name: 'waste',
    group: SHOW,
    summary: 'bytes that are stored and not visible; a verdict for CI',
    load: async () => (await import('./commands/waste.js')).waste,
  },
  {
    name: 'procs',
    group: SHOW,
    summary: 'processes as the host sees them, with their ids inside',
    load: async () => (await import('./commands/procs.js')).procs,
  },
  {
    name: 'ns',
    group: SHOW,
    summary: 'namespaces: which, shared with whom, held by what',
    load: async () => (await import('./commands/ns.js')).ns,
  },
  {
    name: 'inspect',
    group: SHOW,
    summary: 'everything that is recorded of a container or an image, as JSON',
    load: async () => (await import('./commands/inspect.js')).inspect,
  },
  {
    name: 'ls',
    group: HOST,
    summary: 'all containers and images of all engines',
    load: async () => (await import('./commands/ls.js')).ls,
  },
  {
    name: 'tui',
    group: HOST,
    summary: 'the explorer: all of this on one screen, with keys and mouse',
    load: async () => (await import('./commands/tui.js')).tui,
  },
  {
    name: 'doctor',
    group: HOST,
    summary: 'what this host can do, and how to get what is missing',
    load: async () => (await import('./commands/doctor.js')).doctor,
  },
  {
    name: 'schema',
    group: HOST,
    summary: 'the JSON Schema of a document',
    load: async () => (await import('./commands/schema.js')).schema,
  },
  {
    name: 'tour',
    group: HOST,
    summary: 'see it all once, live, on a container of your own',
    load: async () => (await import('./commands/tour.js')).tour,
  },
];
