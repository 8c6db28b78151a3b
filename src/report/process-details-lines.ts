// The second block of `procs --details`: each process with what it is made of and what confines it.
import type {
  ControlGroup,
  Executable,
  FileOrigin,
  SocketRecord,
} from '../inspect/documents/process-details.js';
import type { ProcessRecord, ProcsDocument } from '../inspect/documents/procs.js';
import { cut } from './cut.js';
import { shortID } from './short.js';
import { formatSize } from './size.js';
import { safeName, safeText } from './text.js';
import type { View } from './theme.js';

type Line = readonly [title: string, text: string];

export function formatProcessDetails(document: ProcsDocument, view: View): string[] {
  const init = document.processes.find(({ pid }) => pid === document.init);
  return document.processes.flatMap((process) => {
    const lines = detailLines(document, process, init, view);
    if (lines.length === 0) return [];
    const width = Math.max(...lines.map(([title]) => title.length));
    return [
      '',
      view.theme.bold(`${process.pid} ${safeText(process.command.comm)}`),
      ...lines.map(([title, text]) => fit(`  ${title.padEnd(width)}  ${text}`, view)),
    ];
  });
}

function fit(line: string, view: View): string {
  return view.noTrunc || !Number.isFinite(view.width) ? line : cut(line, view.width);
}

function detailLines(
  document: ProcsDocument,
  process: ProcessRecord,
  init: ProcessRecord | undefined,
  view: View,
): Line[] {
  const group = document.controlGroups?.find(({ number }) => number === process.controlGroup);
  const { executable, libraries = [], preload = [], sockets = [], socketsLeft = 0 } = process;
  const cgroup = group === undefined ? '' : formatControlGroup(group);
  return [
    ...(executable === undefined ? [] : programLines(process, executable, view)),
    ...libraries.map(({ path, deleted, origin }): Line => [
      'library',
      [safeName(path), describeOrigin(origin), ...(deleted ? ['deleted'] : [])].join(' · '),
    ]),
    ...preload.map(({ source, value }): Line => ['preload', `${source} ${safeText(value)}`]),
    ...capabilityLines(document, process, init),
    ...confinementLines(process),
    ...(cgroup === '' ? [] : [['cgroup', cgroup] as const]),
    ...sockets
      .slice(0, view.noTrunc ? undefined : SOCKETS_SHOWN)
      .map((socket): Line => [socket.listening ? 'listens' : 'socket', describeSocket(socket)]),
    ...moreSockets(sockets.length, socketsLeft, view),
  ];
}

const SOCKETS_SHOWN = 10;

function moreSockets(known: number, left: number, view: View): Line[] {
  const hidden = left + (view.noTrunc ? 0 : Math.max(0, known - SOCKETS_SHOWN));
  return hidden === 0 ? [] : [['', `and ${hidden} more sockets`]];
}

function programLines(process: ProcessRecord, program: Executable, view: View): Line[] {
  const { origin, deleted, sha256, sameContent, samePath } = program;
  const exe = process.exe ?? '';
  const path = deleted ? exe.replace(/ \(deleted\)$/, '') : exe;
  const facts = [
    safeName(path),
    describeOrigin(origin),
    ...(deleted ? ['deleted'] : []),
    ...(sha256 === undefined ? [] : [`sha256 ${shortID(sha256, view)}`]),
  ];
  return [
    ['program', facts.join(' · ')],
    ...(sameContent ?? []).map((file): Line => [
      'same as',
      `${safeName(file.path)} · ${describeOrigin({ ...file, kind: file.role })}`,
    ]),
    ...(samePath === undefined || samePath.equal
      ? []
      : [
          [
            'differs',
            `from this path · ${describeOrigin({ ...samePath, kind: samePath.role })}`,
          ] as const,
        ]),
  ];
}

function describeOrigin(origin: FileOrigin): string {
  const { kind, layer, mountPoint, fileSystem } = origin;
  switch (kind) {
    case 'layer':
      return layer === undefined ? 'a lower layer' : `layer ${layer}`;
    case 'init':
      return 'init layer';
    case 'upper':
      return 'upper layer';
    case 'mount':
      return `mount ${safeName(mountPoint ?? '?')} (${safeText(fileSystem ?? '?')})`;
    case 'memory':
      return 'in memory';
    case 'root':
      return 'root file system';
    case 'host':
      return 'the host';
    case 'unknown':
      return 'origin unknown';
  }
}

const SETS = ['effective', 'permitted', 'inheritable', 'bounding', 'ambient'] as const;

/** A set that is that of the init is said once, there; sets that are equal are said together. */
function capabilityLines(
  { capabilitySets = {} }: ProcsDocument,
  { pid, capabilities }: ProcessRecord,
  init: ProcessRecord | undefined,
): Line[] {
  if (capabilities === undefined) return [];
  const usual = init?.pid === pid ? undefined : init?.capabilities;
  const masks = new Map<string, string[]>();
  for (const set of SETS) {
    const mask = capabilities[set];
    const isPlain = usual === undefined ? Number(`0x${mask}`) === 0 : usual[set] === mask;
    if (!isPlain) masks.set(mask, [...(masks.get(mask) ?? []), set]);
  }
  if (masks.size === 0) return [['capabilities', usual === undefined ? 'none' : 'as the init']];
  return [...masks].map(([mask, sets]) => [
    'capabilities',
    `${sets.join(', ')}: ${describeCapabilities(capabilitySets[mask] ?? [])}`,
  ]);
}

/** Without the "cap_" that all of them have. */
function describeCapabilities(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  return `${names.length} · ${names.map((name) => name.replace(/^cap_/, '')).join(' ')}`;
}

function confinementLines({ seccomp, noNewPrivs, label }: ProcessRecord): Line[] {
  const facts = [
    ...(seccomp === undefined ? [] : [`seccomp ${seccomp.mode}`]),
    ...(noNewPrivs === undefined ? [] : [`no-new-privs ${noNewPrivs ? 'on' : 'off'}`]),
    ...(label === undefined ? [] : [`label ${safeText(label)}`]),
  ];
  return facts.length === 0 ? [] : [['confinement', facts.join(' · ')]];
}

function describeSocket(socket: SocketRecord): string {
  const { protocol, state, local, remote, path, fds } = socket;
  const place =
    local === undefined ? safeText(path ?? '') : `${formatAddress(local)}${peerOf(remote)}`;
  const fd = `fd ${fds.join(',')}`;
  const shown =
    state === undefined || state === 'listening' || state === 'unconnected' ? '' : state;
  return [protocol, place, shown, fd].filter((text) => text !== '').join(' ');
}

type Address = NonNullable<SocketRecord['local']>;

function peerOf(remote: Address | undefined): string {
  return remote === undefined ? '' : ` → ${formatAddress(remote)}`;
}

function formatAddress({ address, port }: Address): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** "memory 12.4 MB of 64 MB · pids 3 of 100 · cpu 0.31 s, 0.5 processors". */
export function formatControlGroup(group: ControlGroup): string {
  const { memory, memoryLimit, pids, pidsLimit, cpuNanoseconds, cpuLimit } = group;
  const limit = (text: string | undefined) => (text === undefined ? '' : ` of ${text}`);
  return [
    ...(memory === undefined
      ? []
      : [
          `memory ${formatSize(memory)}${limit(memoryLimit === undefined ? undefined : formatSize(memoryLimit))}`,
        ]),
    ...(pids === undefined
      ? []
      : [`pids ${pids}${limit(pidsLimit === undefined ? undefined : String(pidsLimit))}`]),
    ...(cpuNanoseconds === undefined
      ? []
      : [
          `cpu ${(cpuNanoseconds / 1e9).toFixed(2)} s${cpuLimit === undefined ? '' : `, ${Number(cpuLimit.toFixed(2))} processors`}`,
        ]),
  ].join(' · ');
}
