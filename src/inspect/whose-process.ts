// Whose a process or a namespace is.
import type { Engine, EngineContainer } from '../engines/engine.js';
import type { ReadHost } from '../host/host.js';
import { containerMembers, type Membership } from '../ns/membership.js';
import { namespaceHolders } from '../ns/namespace-holders.js';
import {
  hostNamespaces,
  indexNamespaces,
  namespacesOf,
  type NamespaceIndex,
} from '../ns/namespaces.js';
import { listProcesses, type Process } from '../ns/process.js';
import type { Relation, WhoseAnswer } from './documents/whose.js';
import { containerFacts, fileFacts } from './whose-facts.js';

export interface ProcessLook {
  readonly host: ReadHost;
  readonly processes: readonly Process[];
  readonly index: NamespaceIndex;
  readonly running: readonly { readonly engine: Engine; readonly container: EngineContainer }[];
}

export function lookAtProcesses(host: ReadHost, engines: readonly Engine[]): ProcessLook {
  const { processes } = listProcesses(host);
  const index = indexNamespaces(
    host,
    processes.map(({ pid }) => pid),
  );
  const running = engines.flatMap((engine) =>
    engine
      .listContainers()
      .filter(({ init }) => init !== undefined)
      .map((container) => ({ engine, container })),
  );
  return { host, processes, index, running };
}

export function answersOfPid(look: ProcessLook, pid: number): WhoseAnswer[] {
  const command = commandOf(look, pid);
  const answers = look.running.flatMap(({ engine, container }): WhoseAnswer[] => {
    const relation = relationOf(membersOf(look, container), pid);
    if (relation === undefined) return [];
    const facts = containerFacts(engine, container);
    return [{ relation, engine: engine.name, ...facts, pids: [pid], ...command }];
  });
  if (answers.length > 0) return answers;
  // Whoever entered a container with nsenter(1) is none of its processes, but in its namespaces.
  const own = hostNamespaces(look.host).inodes;
  return namespacesOf(look.index.processes.get(pid)?.inodes ?? {})
    .filter(([type, inode]) => own[type] !== inode)
    .flatMap(([type, inode]) =>
      containersIn(look, inode, type).map((answer) => ({ ...answer, pids: [pid], ...command })),
    );
}

function membersOf(
  { host, processes, index }: ProcessLook,
  { init, cgroupPaths, supervisorPids }: EngineContainer,
): Membership {
  const identity = {
    ...(init === undefined ? {} : { initPid: init.pid, initStartTicks: init.startTicks }),
    ...(cgroupPaths === undefined ? {} : { cgroupPaths }),
    ...(supervisorPids === undefined ? {} : { supervisorPids }),
  };
  return containerMembers(host, processes, identity, index);
}

function relationOf(
  { init, belongings, supervisors }: Membership,
  pid: number,
): Relation | undefined {
  if (init?.pid === pid) return 'initProcess';
  if (belongings.has(pid)) return 'process';
  return supervisors.has(pid) ? 'supervisor' : undefined;
}

/** `type`: undefined where only the inode is known, which is enough. */
export function answersOfNamespace(
  look: ProcessLook,
  inode: string,
  type: string | undefined,
): WhoseAnswer[] {
  const found = containersIn(look, inode, type);
  const claimed = new Set(
    look.running.flatMap(({ container }) => [...membersOf(look, container).belongings.keys()]),
  );
  const others = [...look.index.pids]
    .filter(([key]) => key === `${type ?? key.slice(0, key.indexOf(':'))}:${inode}`)
    .flatMap(([key, pids]): WhoseAnswer[] => {
      const free = pids.filter((pid) => !claimed.has(pid));
      const [first] = free;
      if (first === undefined) return [];
      const namespace = { type: key.slice(0, key.indexOf(':')), inode };
      const facts = commandOf(look, first);
      return [{ relation: 'namespace', engine: 'host', namespace, pids: free, ...facts }];
    });
  return [...found, ...others, ...holdersOf(look, inode, type)];
}

/** Mounts that keep it: a namespace of a container that has no process in it any more, for one. */
function holdersOf(
  { host, index }: ProcessLook,
  inode: string,
  type: string | undefined,
): WhoseAnswer[] {
  const { holders } = namespaceHolders(host, index, hostNamespaces(host).inodes.mnt);
  return holders
    .filter((one) => one.inode === inode && (type === undefined || one.type === type))
    .map(({ type: ofHolder, mountPoint }) => ({
      relation: 'namespace',
      engine: 'host',
      namespace: { type: ofHolder, inode },
      ...fileFacts(mountPoint),
    }));
}

function containersIn(
  { index, running }: ProcessLook,
  inode: string,
  wanted: string | undefined,
): WhoseAnswer[] {
  return running.flatMap(({ engine, container }): WhoseAnswer[] => {
    const inodes = index.processes.get(container.init?.pid ?? 0)?.inodes ?? {};
    const found = namespacesOf(inodes).find(
      ([type, one]) => one === inode && (wanted === undefined || wanted === type),
    );
    if (found === undefined) return [];
    const namespace = { type: found[0], inode };
    const facts = containerFacts(engine, container);
    return [{ relation: 'namespace', engine: engine.name, ...facts, namespace }];
  });
}

function commandOf({ processes }: ProcessLook, pid: number): { command?: string } {
  const process = processes.find((one) => one.pid === pid);
  return process === undefined ? {} : { command: process.comm };
}
