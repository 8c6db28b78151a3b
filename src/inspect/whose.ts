// Whose is it? A path, a process, an inode, a namespace, an interface or a digest of the host, to the
// container, image, layer and engine that have it.
import type { ReadHost } from '../host/host.js';
import { canonicalPath } from '../image/tar-path.js';
import { NAMESPACE_TYPES } from '../host/host.js';
import { CutawayError } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import { makeDocument } from './document.js';
import type { WhoseAnswer, WhoseDocument } from './documents/whose.js';
import { pathFacts } from './entry-facts.js';
import type { TargetContext } from './target.js';
import { answersOfDigest } from './whose-digest.js';
import { answersOfInode } from './whose-inode.js';
import { answersOfInterface, isInterface } from './whose-interface.js';
import { answersOfPath, listPlaces } from './whose-places.js';
import { answersOfNamespace, answersOfPid, lookAtProcesses } from './whose-process.js';

type Thing =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'pid'; readonly pid: number }
  | { readonly kind: 'inode'; readonly inode: string }
  | { readonly kind: 'namespace'; readonly inode: string; readonly type: string | undefined }
  | { readonly kind: 'interface'; readonly name: string }
  | { readonly kind: 'digest'; readonly hex: string };

export function inspectOwner(context: TargetContext, text: string): WhoseDocument {
  const { host, isLive } = context;
  const thing = parseThing(isLive ? host : undefined, text);
  if (!isLive && ['pid', 'namespace', 'interface'].includes(thing.kind)) {
    throw new CutawayError('UNSUPPORTED', `"${text}": a disk has no processes`);
  }
  const answers = answer(context, thing);
  const problems: Problem[] = [
    ...(context.engineProblems ?? []),
    ...context.engines.flatMap((engine) => engine.listProblems?.() ?? []),
  ];
  const subject = { kind: 'host', engine: 'host', target: 'host' } as const;
  const described = { text, kind: thing.kind };
  return makeDocument(host, 'whose', subject, { thing: described, answers }, problems);
}

type Parser = (text: string) => Thing | undefined;

/** In this order: what is a number is a pid, whatever else has that name. */
const PARSERS: readonly Parser[] = [
  (text) => {
    const [, pid] = /^(?:pid:)?([1-9]\d{0,9})$/.exec(text) ?? [];
    return pid === undefined ? undefined : { kind: 'pid', pid: Number(pid) };
  },
  (text) => {
    const [, inode] = /^inode:(\d{1,20})$/.exec(text) ?? [];
    return inode === undefined ? undefined : { kind: 'inode', inode };
  },
  parseNamespace,
  (text) => {
    const [, hex] = /^(?:sha256:)?([0-9a-f]{64})$/.exec(text) ?? [];
    return hex === undefined ? undefined : { kind: 'digest', hex };
  },
  (text) => {
    const path = text.startsWith('/') ? canonicalPath(text) : undefined;
    return path === undefined ? undefined : { kind: 'path', path };
  },
];

/** As readlink(1) of /proc/PID/ns/net prints it, or without the brackets; `ns:` for any type. */
function parseNamespace(text: string): Thing | undefined {
  const [, type, bracketed, plain] = /^([a-z]+):(?:\[(\d{1,20})\]|(\d{1,20}))$/.exec(text) ?? [];
  const inode = bracketed ?? plain;
  if (inode === undefined) return undefined;
  if (type === 'ns') return { kind: 'namespace', inode, type: undefined };
  return NAMESPACE_TYPES.some((one) => one === type)
    ? { kind: 'namespace', inode, type }
    : undefined;
}

/** `host`: undefined for a disk, on which nothing runs. */
function parseThing(host: ReadHost | undefined, text: string): Thing {
  for (const parse of PARSERS) {
    const thing = parse(text);
    if (thing !== undefined) return thing;
  }
  if (host !== undefined && isInterface(host, text)) return { kind: 'interface', name: text };
  throw new CutawayError('INVALID_INPUT', `"${text}" is nothing that somebody could have`, {
    hint: 'a path from the root, a pid, inode:N, net:[N], ns:N, an interface or a digest',
  });
}

function answer(context: TargetContext, thing: Thing): WhoseAnswer[] {
  const { engines, host } = context;
  switch (thing.kind) {
    case 'digest':
      return answersOfDigest(engines, thing.hex);
    case 'path':
      return pathAnswers(context, thing.path);
    case 'pid':
      if (host.findStatus(`/proc/${thing.pid}`) === undefined) {
        throw new CutawayError('NOT_FOUND', `no process has the pid ${thing.pid}`);
      }
      return answersOfPid(lookAtProcesses(host, engines), thing.pid);
    case 'namespace':
      return answersOfNamespace(lookAtProcesses(host, engines), thing.inode, thing.type);
    case 'interface':
      return answersOfInterface(lookAtProcesses(host, engines), thing.name);
    case 'inode':
      return [
        ...(context.isLive
          ? answersOfNamespace(lookAtProcesses(host, engines), thing.inode, undefined)
          : []),
        ...answersOfInode(engines, listPlaces(engines), BigInt(thing.inode)),
      ];
  }
}

/** Also by way of a process: /proc/PID/root/… */
function pathAnswers(context: TargetContext, path: string): WhoseAnswer[] {
  const { engines, host, isLive } = context;
  const [, pid, rest = ''] = /^\/proc\/([1-9]\d{0,9})(?:\/root(\/.*)?|\/.*)?$/.exec(path) ?? [];
  if (isLive && pid !== undefined) {
    const look = lookAtProcesses(host, engines);
    const found = answersOfPid(look, Number(pid));
    return found.map((one) => (rest === '' ? one : { ...one, ...pathFacts(rest) }));
  }
  // A disk has its paths as its own host had them, and its engines know the way.
  const places = listPlaces(engines);
  const disk = engines[0]?.host ?? host;
  const found = answersOfPath({ host: disk, isLive }, places, path);
  const isNobodys = found.every(({ relation }) => relation === 'store');
  if (!isNobodys || found.length === 0) return [...namespaceMount(context, path), ...found];
  // In files of an engine that are of no container, ids and digests are names.
  const names = path.match(/[0-9a-f]{64}/g) ?? [];
  const named = names.reverse().flatMap((hex) => answersOfDigest(ofStore(context, found), hex));
  return named.length > 0 ? named : found;
}

function ofStore({ engines }: TargetContext, found: readonly WhoseAnswer[]) {
  return engines.filter(({ name }) => found.some(({ engine }) => engine === name));
}

/** A file on nsfs is a namespace that is held there. */
function namespaceMount({ host, engines, isLive }: TargetContext, path: string): WhoseAnswer[] {
  if (!isLive) return [];
  try {
    const inode = String(host.namespaceInode(path));
    return answersOfNamespace(lookAtProcesses(host, engines), inode, undefined);
  } catch (error) {
    if (error instanceof CutawayError) return [];
    throw error;
  }
}
