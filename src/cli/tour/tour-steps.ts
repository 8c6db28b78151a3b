// What the tour shows, as data: headings, what to look at, and the commands as they are typed.
// `{root}` is the tour's store, `{tour}` the id of the container that is called so.

/** What the machine must be able to do for a step. */
export type Need = 'containers' | 'busybox';

export interface TourLine {
  /** On the host, or in the shell inside the container. */
  readonly where: 'host' | 'inside';
  readonly text: string;
  /** The exit status that it ends with when all is well. */
  readonly status: number;
  /** Lines of captured output that are shown; the rest is counted. */
  readonly lines?: number;
  /** Columns of captured output that are shown. */
  readonly columns?: number;
  /** A host command that opens the shell, or a line that ends it. */
  readonly shell?: 'opens' | 'ends';
}

export interface TourStep {
  readonly title: string;
  /** With `code` marked as Markdown does. */
  readonly text: string;
  readonly lines: readonly TourLine[];
  readonly needs: readonly Need[];
  /** Shown only where this is not to be had: what is left of another step. */
  readonly without?: Need;
}

type Options = Partial<Omit<TourLine, 'where' | 'text'>>;

function host(text: string, options: Options = {}): TourLine {
  return { where: 'host', text, status: 0, ...options };
}

function inside(text: string, options: Options = {}): TourLine {
  return { where: 'inside', text, status: 0, ...options };
}

const WIDEST = 126;

/** Run before the first word is written: whether it works decides what can be shown. */
export const FIRST_RUN = host('cutaway run --rm hello-world');

const IMAGE_STEPS: readonly TourStep[] = [
  {
    title: 'A container runs',
    text: `The program in the image hello-world prints a greeting and ends. The image was not in the
store, so \`cutaway\` first brought it there (it carries this one with it), verified its digest and
unpacked its layer. A container lasts as long as its first process: when the greeting was out, it
was over, and \`--rm\` cleared away what it left.`,
    lines: [FIRST_RUN],
    needs: ['containers'],
  },
  {
    title: 'An image, without running it',
    text: `hello-world is an image of one layer with one file. \`load\` brings it into the store: it
verifies the digests and indexes what the layer holds. That takes no privilege, and everything that
can be said about its files can be said without running it.`,
    lines: [host('cutaway load hello-world'), host('cutaway tree hello-world')],
    needs: [],
    without: 'containers',
  },
  {
    title: 'An image is a stack of layers',
    text: `\`load busybox\` makes a small image out of this machine's own busybox: one program that is
a shell and some hundreds of commands. \`layers\` shows the stack as it lies, the lowest layer at the
bottom. A layer is a tar archive with only what one step of the build changed. Its digest is the
sha256 of the archive as stored, its diffID that of the archive uncompressed (the same here, because
these archives are stored as they are); the chainID stands for a layer with all that lie below it.`,
    lines: [host('cutaway load busybox'), host('cutaway images'), host('cutaway layers busybox')],
    needs: ['busybox'],
  },
  {
    title: 'An image is a stack of layers',
    text: `The stack of hello-world is one layer high. A layer is a tar archive with only what one
step of the build changed. Its digest is the sha256 of the archive as stored, its diffID that of the
archive uncompressed; the chainID stands for a layer with all that lie below it.`,
    lines: [host('cutaway images'), host('cutaway layers hello-world')],
    needs: [],
    without: 'busybox',
  },
  {
    title: 'What each layer brought',
    text: `\`busybox@2\` is the image as it stood after layer 2, and \`diff\` says what that layer did
to those below it: A added, C changed, D deleted. A layer is never written to again, so layer 3
cannot take draft.txt out of layer 2. It covers the name: its archive has an empty file
\`.wh.draft.txt\` in that place, a layer whiteout. \`tree\` shows what the stack looks like from
above; its first column is the layer that each file is seen from.`,
    lines: [
      host('cutaway diff busybox@2'),
      host('cutaway diff busybox@3'),
      host('cutaway tree busybox /etc'),
      host('cutaway tree busybox /usr/share'),
    ],
    needs: ['busybox'],
  },
];

const CONTAINER_STEPS: readonly TourStep[] = [
  {
    title: 'Inside a container',
    text: `Now a shell in a container called tour. What is typed at \`$\` runs on this host, what is
typed at \`/ #\` in that shell. (Type it yourself with \`-it\`, and the shell has a prompt of its own.)
It is process 1, it sees no process but its own, its host name is the beginning of the container's
id, its only network interface is the loopback, and its root directory is the image's. The first
line of \`mount\` says what that root is made of.`,
    lines: [
      host('cutaway run -i --name tour busybox sh', { shell: 'opens' }),
      inside('ps'),
      inside('id'),
      inside('hostname'),
      inside('ls /sys/class/net'),
      inside('cat /etc/motd'),
      inside('ls -l /'),
      inside('mount', { lines: 3 }),
    ],
    needs: ['containers', 'busybox'],
  },
  {
    title: 'The same container, seen from the host',
    text: `For the host it is a process among others. \`ls\` lists what there is, and \`procs\` shows the
shell with both of its numbers: PID is the host's, INSIDE its own. Above it stands the one who looks
after it, \`cutaway\`, where Docker has its containerd-shim. \`ns\` shows what separates it: \`own\` is a namespace that was made for it, and the others it shares with the host. The kernel
is not separated at all: \`uname -r\` says the same on both sides.`,
    lines: [
      host('cutaway ls'),
      host('cutaway procs tour', { columns: WIDEST }),
      host('cutaway ns tour'),
      host('uname -r'),
      inside('uname -r'),
    ],
    needs: ['containers', 'busybox'],
  },
  {
    title: 'One mount makes one root of the layers',
    text: `overlayfs lays directories on top of each other. The lowerdirs are the layers: they are
only read. The upperdir takes everything that is written, the workdir is the kernel's own workplace,
and merged is what all of them look like from above: the root of the container. (The topmost lower,
init, has empty files for \`/etc/hosts\` and the like to be mounted on.) Below stands the mount as
the kernel reports it. The container's directory has these places under the names that Docker gives
them, diff being the upperdir, and \`ls merged\` lists what \`ls /\` listed inside.`,
    lines: [
      host('cutaway overlay tour'),
      host('cd {root}/overlay/{tour}'),
      host('ls'),
      host('ls merged'),
    ],
    needs: ['containers', 'busybox'],
  },
  {
    title: 'What is written lands in the upperdir',
    text: `The shell makes a file. On the host it lies in diff, the upperdir, and is seen in merged
at the same moment; no layer of the image was touched. Removed from merged on the host, it is gone
inside as well: there is one file system, seen from two places. (Only merged is for writing. What
overlayfs does when a directory it is made of changes under it is undefined.)`,
    lines: [
      inside('touch /testfile'),
      host('ls -l diff'),
      host('ls merged'),
      host('rm merged/testfile'),
      inside('ls /testfile', { status: 1 }),
    ],
    needs: ['containers', 'busybox'],
  },
  {
    title: 'To change is to copy up, to delete is to cover',
    text: `\`/etc/motd\` lies in layer 3, where nothing can be written. Before the first write to it the
kernel copies the whole file up into the upperdir, and the copy is what changes. \`layers.txt\` lies in
layer 2 and cannot be removed from there either, so the kernel puts a whiteout in its place in the
upperdir: a character device with the numbers 0, 0. \`diff\` reads the upperdir: what was changed, C,
with the directories on the way to it, and what was deleted, D. In the tree, U marks what is seen
from the upperdir.`,
    lines: [
      inside('echo "This line was written inside." >> /etc/motd'),
      inside('rm /usr/share/doc/layers.txt'),
      host('ls -l diff/etc diff/usr/share/doc'),
      host('cutaway diff tour'),
      host('cutaway tree tour /etc'),
    ],
    needs: ['containers', 'busybox'],
  },
  {
    title: 'A second container on the same layers',
    text: `It is made of the same directories, not of copies of them; only its upperdir is its own,
and empty. That is why \`layers.txt\` is there: what one container does is seen neither by the image
nor by any other. With \`-d\` nobody waits for it, so a small process stays behind to look after it,
cutaway-shim. In the table of \`ns\`, ● is a namespace of a container's own and ○ the host's.`,
    lines: [
      host('cutaway run -d --name second busybox sleep 600'),
      host('cutaway tree second /usr/share'),
      host('cutaway procs second', { columns: WIDEST }),
      host('cutaway ns'),
    ],
    needs: ['containers', 'busybox'],
  },
  {
    title: 'It ends, and what it wrote stays',
    text: `The shell ends, and with it the container. Its mount is gone, so merged is an empty
directory now; the upperdir stays until the container is removed, and \`diff\` needs nothing that
runs. Started again, it is a new process on the same directories: the line written before is there.`,
    lines: [
      inside('exit', { shell: 'ends' }),
      host('cutaway ps -a'),
      host('ls merged'),
      host('cutaway diff tour'),
      host('cutaway start -ai tour', { shell: 'opens' }),
      inside('cat /etc/motd'),
      inside('exit', { shell: 'ends' }),
    ],
    needs: ['containers', 'busybox'],
  },
];

/** What `--keep` leaves out. */
export const REMOVAL: TourStep = {
  title: 'Removed, and nothing is left',
  text: `\`rm\` takes the upperdirs away, and \`-f\` ends what still runs. Then there is no container, no
mount below the store (the search finds no line) and no namespace left. The image is as it was: its
layers were never written to.`,
  lines: [
    host('cd {root}'),
    host('cutaway rm -f tour second'),
    host('cutaway ps -a'),
    host('grep {root}/ /proc/mounts', { status: 1 }),
    host('cutaway tree busybox /usr/share'),
  ],
  needs: ['containers', 'busybox'],
};

/** In the order in which they are shown. */
export const STEPS: readonly TourStep[] = [...IMAGE_STEPS, ...CONTAINER_STEPS, REMOVAL];
