import type { Command } from './command.js';

export interface CommandEntry {
  readonly name: string;
  readonly group: string;
  readonly summary: string;
  /** Its exit status is the container's own, or 125 to 127. */
  readonly runsContainer?: true;
  /** It can be asked of a disk: `--host-root`. */
  readonly readsDisks?: true;
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
    name: 'stop',
    group: RUN,
    summary: 'end containers: their stop signal, a time to obey, then KILL',
    load: async () => (await import('./commands/stop.js')).stop,
  },
  {
    name: 'kill',
    group: RUN,
    summary: 'send a signal to the first process of containers',
    load: async () => (await import('./commands/kill.js')).kill,
  },
  {
    name: 'restart',
    group: RUN,
    summary: 'stop containers and start them again',
    runsContainer: true,
    load: async () => (await import('./commands/restart.js')).restart,
  },
  {
    name: 'exec',
    group: RUN,
    summary: 'run another program in a running container',
    runsContainer: true,
    load: async () => (await import('./commands/exec.js')).exec,
  },
  {
    name: 'update',
    group: RUN,
    summary: 'change the restart policy of containers',
    load: async () => (await import('./commands/update.js')).update,
  },
  {
    name: 'top',
    group: RUN,
    summary: 'the processes of a container as ps shows them',
    load: async () => (await import('./commands/top.js')).top,
  },
  {
    name: 'port',
    group: RUN,
    summary: 'the ports of a container that are published',
    load: async () => (await import('./commands/port.js')).port,
  },
  {
    name: 'logs',
    group: RUN,
    summary: 'what containers have printed',
    load: async () => (await import('./commands/logs.js')).logs,
  },
  {
    name: 'attach',
    group: RUN,
    summary: 'see what a running container prints, and type into it',
    runsContainer: true,
    load: async () => (await import('./commands/attach.js')).attach,
  },
  {
    name: 'wait',
    group: RUN,
    summary: 'wait until containers end, and print their exit status',
    runsContainer: true,
    load: async () => (await import('./commands/wait.js')).wait,
  },
  {
    name: 'pause',
    group: RUN,
    summary: 'let containers stand still',
    load: async () => (await import('./commands/pause.js')).pause,
  },
  {
    name: 'unpause',
    group: RUN,
    summary: 'let containers that stand still go on',
    load: async () => (await import('./commands/unpause.js')).unpause,
  },
  {
    name: 'rename',
    group: RUN,
    summary: 'give a container another name',
    load: async () => (await import('./commands/rename.js')).rename,
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
    name: 'volume',
    group: RUN,
    summary: 'make, list and remove volumes: directories that outlive containers',
    load: async () => (await import('./commands/volume.js')).volume,
  },
  {
    name: 'pull',
    group: IMAGES,
    summary: 'bring an image from a registry into the store',
    load: async () => (await import('./commands/pull.js')).pull,
  },
  {
    name: 'push',
    group: IMAGES,
    summary: 'send an image to a registry',
    load: async () => (await import('./commands/push.js')).push,
  },
  {
    name: 'search',
    group: IMAGES,
    summary: 'find images on Docker Hub, or what a registry has',
    load: async () => (await import('./commands/search.js')).search,
  },
  {
    name: 'login',
    group: IMAGES,
    summary: 'prove to a registry who you are, and remember it',
    load: async () => (await import('./commands/login.js')).login,
  },
  {
    name: 'logout',
    group: IMAGES,
    summary: 'forget the credentials for a registry',
    load: async () => (await import('./commands/logout.js')).logout,
  },
  {
    name: 'load',
    group: IMAGES,
    summary: 'bring images from an archive or a layout into the store',
    load: async () => (await import('./commands/load.js')).load,
  },
  {
    name: 'save',
    group: IMAGES,
    summary: 'write images to an archive or a layout that other tools take',
    load: async () => (await import('./commands/save.js')).save,
  },
  {
    name: 'export',
    group: IMAGES,
    summary: 'the files of a container or an image, all layers together, as a tar',
    load: async () => (await import('./commands/export.js')).exportCommand,
  },
  {
    name: 'import',
    group: IMAGES,
    summary: 'make an image of one layer from a tar of files',
    load: async () => (await import('./commands/import.js')).importCommand,
  },
  {
    name: 'images',
    group: IMAGES,
    summary: 'list images',
    load: async () => (await import('./commands/images.js')).images,
  },
  {
    name: 'commit',
    group: IMAGES,
    summary: 'make an image of what a container has changed',
    load: async () => (await import('./commands/commit.js')).commit,
  },
  {
    name: 'history',
    group: IMAGES,
    summary: 'the steps that made an image',
    load: async () => (await import('./commands/history.js')).history,
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
    name: 'prune',
    group: IMAGES,
    summary: 'remove what nobody uses, and say what that frees',
    load: async () => (await import('./commands/prune.js')).prune,
  },
  {
    name: 'layers',
    group: SHOW,
    readsDisks: true,
    summary: 'the layers of an image or container: digests, sizes, directories',
    load: async () => (await import('./commands/layers.js')).layers,
  },
  {
    name: 'overlay',
    group: SHOW,
    readsDisks: true,
    summary: 'lower, upper, work and merged directories, and the mount',
    load: async () => (await import('./commands/overlay.js')).overlay,
  },
  {
    name: 'tree',
    group: SHOW,
    readsDisks: true,
    summary: 'the merged files, each with the layer it comes from',
    load: async () => (await import('./commands/tree.js')).tree,
  },
  {
    name: 'cat',
    group: SHOW,
    readsDisks: true,
    summary: 'what is in a file, also in a version that is no longer there',
    load: async () => (await import('./commands/cat.js')).cat,
  },
  {
    name: 'extract',
    group: SHOW,
    readsDisks: true,
    summary: 'write files and directories of an image or container to a safe place',
    load: async () => (await import('./commands/extract.js')).extract,
  },
  {
    name: 'diff',
    group: SHOW,
    readsDisks: true,
    summary: 'what a container changed, or what differs between two targets',
    load: async () => (await import('./commands/diff.js')).diff,
  },
  {
    name: 'blame',
    group: SHOW,
    readsDisks: true,
    summary: 'every layer that added, changed, hid or deleted a path',
    load: async () => (await import('./commands/blame.js')).blame,
  },
  {
    name: 'recover',
    group: SHOW,
    readsDisks: true,
    summary: 'what later layers took away and the image still has',
    load: async () => (await import('./commands/recover.js')).recover,
  },
  {
    name: 'waste',
    group: SHOW,
    readsDisks: true,
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
    readsDisks: true,
    summary: 'everything that is recorded of a container or an image, as JSON',
    load: async () => (await import('./commands/inspect.js')).inspect,
  },
  {
    name: 'verify',
    group: SHOW,
    readsDisks: true,
    summary: 'whether layers and what was unpacked from them are still what was pulled',
    load: async () => (await import('./commands/verify.js')).verify,
  },
  {
    name: 'ls',
    group: HOST,
    readsDisks: true,
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
    name: 'whose',
    group: HOST,
    readsDisks: true,
    summary: 'the container, image or layer that has a path, a pid, an inode, a namespace',
    load: async () => (await import('./commands/whose.js')).whose,
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
