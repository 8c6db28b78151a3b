// What is odd about the processes of a container: who is half in it, and what runs that no layer has.
import { capabilitiesBeyond } from '../ns/capability.js';
import type { Membership } from '../ns/membership.js';
import type { Process } from '../ns/process.js';
import { splitDeleted } from '../ns/mapped-files.js';
import type { Executable, FileOrigin, MappedLibrary } from './documents/process-details.js';
import type { ProcessRecord, ProcsFinding } from './documents/procs.js';

/** A process that has only one of the two things that hold a container together. */
export function findStrays(shown: readonly Process[], membership: Membership): ProcsFinding[] {
  if (!membership.ownPidNamespace || membership.cgroupPaths.length === 0) return [];
  return shown.flatMap(({ pid, comm }): ProcsFinding[] => {
    const ways = membership.belongings.get(pid) ?? [];
    if (ways.length !== 1) return [];
    const inNamespace = ways[0] === 'namespace';
    const [there, missing] = inNamespace
      ? ['pid namespace', 'cgroup']
      : ['cgroup', 'pid namespace'];
    return [
      {
        code: inNamespace ? 'outside-cgroup' : 'outside-namespace',
        message: `process ${pid} (${comm}) is in the ${there} of the container but not in its ${missing}`,
        pid,
      },
    ];
  });
}

/** By process; the supervisors are the host's own business. */
export function findOddPrograms(
  records: readonly ProcessRecord[],
  init: ProcessRecord | undefined,
): ProcsFinding[] {
  return records.flatMap((record) => {
    if (record.supervisor) return [];
    const found = [
      programFinding(record),
      libraryFinding(record),
      preloadFinding(record),
      confinementFinding(record, init),
    ];
    return found.flatMap((one) =>
      one === undefined
        ? []
        : [{ code: one.code, message: `${nameOf(record)} ${one.message}`, pid: record.pid }],
    );
  });
}

type Said = Pick<ProcsFinding, 'code' | 'message'> | undefined;

function nameOf({ pid, command }: ProcessRecord): string {
  return `process ${pid} (${command.comm})`;
}

function programFinding({ exe, executable }: ProcessRecord): Said {
  if (executable === undefined || exe === undefined) return undefined;
  const { origin, deleted } = executable;
  const path = deleted ? splitDeleted(exe).path : exe;
  const tail = `${deleted ? ', deleted' : ''}${describeContent(executable)}`;
  if (origin.kind === 'upper') {
    return { code: 'executable-in-upper', message: `runs ${path} from the upper layer${tail}` };
  }
  if (origin.kind === 'memory') {
    return {
      code: 'executable-in-memory',
      message: `runs ${path} from memory, not from a file${describeContent(executable)}`,
    };
  }
  if (!deleted) return undefined;
  return {
    code: 'executable-deleted',
    message: `runs ${path} ${describeOrigin(origin)}${tail}`,
  };
}

function describeOrigin({ kind, layer, mountPoint }: FileOrigin): string {
  if (kind === 'layer') return layer === undefined ? 'of a lower layer' : `of layer ${layer}`;
  if (kind === 'mount') return `of the mount at ${mountPoint ?? '?'}`;
  return kind === 'host' ? 'of the host' : 'of no layer that is known';
}

const DIGITS_SHOWN = 12;

function describeContent({ sha256, sameContent, samePath }: Executable): string {
  if (sha256 === undefined) return '';
  const [same] = sameContent ?? [];
  const digest = `; sha256 ${sha256.slice(0, DIGITS_SHOWN)}`;
  if (same !== undefined) {
    const where = same.layer === undefined ? 'the layers' : `layer ${same.layer}`;
    return `${digest}: the same as ${same.path} of ${where}`;
  }
  if (samePath !== undefined) {
    return `${digest}: not what layer ${samePath.layer ?? '?'} has under this path`;
  }
  return sameContent === undefined ? digest : `${digest}: in no layer`;
}

function libraryFinding({ libraries = [] }: ProcessRecord): Said {
  const odd = libraries.filter(({ origin }) => origin.kind === 'upper' || origin.kind === 'memory');
  const [first, ...more] = odd;
  if (first === undefined) return undefined;
  const rest = more.length === 0 ? '' : ` and ${more.length} more`;
  return { code: 'library-in-upper', message: `has mapped ${describeLibrary(first)}${rest}` };
}

function describeLibrary({ path, deleted, origin }: MappedLibrary): string {
  const place = origin.kind === 'upper' ? 'from the upper layer' : 'from memory';
  return `${path} ${place}${deleted ? ', deleted' : ''}`;
}

function preloadFinding({ preload = [] }: ProcessRecord): Said {
  if (preload.length === 0) return undefined;
  const said = preload.map(({ source, value }) => `${source} ${value}`).join(', ');
  return { code: 'preload', message: `loads what is not its own: ${said}` };
}

/** Whoever is started later has what the init has, or less, unless somebody asked for more. */
function confinementFinding(record: ProcessRecord, init: ProcessRecord | undefined): Said {
  if (init === undefined || record.pid === init.pid) return undefined;
  const lacks = [
    ...capabilitiesMore(record, init),
    ...(init.seccomp?.mode === 'filter' && record.seccomp?.mode === 'disabled'
      ? ['no seccomp filter']
      : []),
    ...(init.noNewPrivs === true && record.noNewPrivs === false ? ['no-new-privs off'] : []),
    ...(init.label !== undefined && record.label === 'unconfined' && init.label !== 'unconfined'
      ? ['no label of a security module']
      : []),
  ];
  if (lacks.length === 0) return undefined;
  return { code: 'less-confined', message: `is less confined than the init: ${lacks.join(', ')}` };
}

function capabilitiesMore(record: ProcessRecord, init: ProcessRecord): string[] {
  const [own, usual] = [record.capabilities, init.capabilities];
  if (own === undefined || usual === undefined) return [];
  // The bounding set of the init is what anybody started in the container could reach.
  const more = new Set([
    ...capabilitiesBeyond(own.bounding, usual.bounding),
    ...capabilitiesBeyond(own.permitted, usual.bounding),
  ]);
  if (more.size === 0) return [];
  const names = [...more];
  const left = names.length - CAPABILITIES_SHOWN;
  const rest = left > 0 ? ` and ${left} more capabilities` : '';
  return [`has ${names.slice(0, CAPABILITIES_SHOWN).join(', ')}${rest}`];
}

const CAPABILITIES_SHOWN = 4;
