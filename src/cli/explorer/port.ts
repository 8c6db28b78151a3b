// The questions of src/inspect as the explorer asks them, and `extract`, through the doors that the
// commands use. What was read of a target's layers is kept for as long as the explorer is there.
import { inspectBlame } from '../../inspect/blame.js';
import { openContentOf } from '../../inspect/cat.js';
import { containerFacts, containerLog, containerMounts } from '../../inspect/container-look.js';
import { diffVersions } from '../../inspect/diff-content.js';
import { inspectDiff } from '../../inspect/diff.js';
import type { ExtractDocument } from '../../inspect/documents/extract.js';
import { extractDocument, planExtract, type ExtractPlan } from '../../inspect/extract.js';
import { openLook, type ImageLook } from '../../inspect/image-look.js';
import { inspectLayers } from '../../inspect/layers.js';
import { inspectAll } from '../../inspect/ls.js';
import { inspectNamespaces } from '../../inspect/namespaces.js';
import { inspectOverlay } from '../../inspect/overlay.js';
import { inspectProcesses } from '../../inspect/procs.js';
import {
  resolveTarget,
  type ContainerTarget,
  type ImageTarget,
  type TargetContext,
} from '../../inspect/target.js';
import { inspectIntegrity, inspectStores, type VerifyProgress } from '../../inspect/verify.js';
import { CutawayError } from '../../oci/error.js';
import { formatSize } from '../../report/size.js';
import { Destination } from '../../runtime/destination.js';
import type { FilePart, Port } from '../../tui/view-model/port.js';
import type { Context } from '../context.js';
import { act } from './act.js';
import { processSubject, runningSubjects } from '../process-subjects.js';
import { targetContext, withTarget, withTree } from '../targets.js';
import { writePlan } from '../write-plan.js';

/** Of a file that is shown: nobody pages through more. */
const SHOWN_BYTES = 1 << 20;

interface Writing {
  readonly target: ImageTarget | ContainerTarget;
  readonly plan: ExtractPlan;
  readonly directory: string;
}

/** As `cutaway extract` without any option: nothing is replaced. */
async function write(
  { host }: Context,
  targets: TargetContext,
  { target, plan, directory }: Writing,
): Promise<ExtractDocument> {
  const destination = new Destination(host, directory, { force: false, preserve: false });
  try {
    return extractDocument(targets, target, plan, await writePlan(destination, plan));
  } finally {
    destination.close();
  }
}

interface OpenLook {
  readonly target: ImageTarget | ContainerTarget;
  readonly look: ImageLook;
}

type TreeQuestion = <Value>(
  text: string,
  ask: (targets: TargetContext, target: ImageTarget | ContainerTarget) => Promise<Value> | Value,
) => Promise<Value>;

export interface ExplorerPort extends Port {
  close(): void;
}

export function explorerPort(context: Context): ExplorerPort {
  // Engines read their lists once: whoever wants to see what is there now needs new ones.
  const fresh = () => targetContext(context);
  const looks = openLooks(fresh);
  return {
    now: () => context.host.now(),
    list: async () => inspectAll(await fresh()),
    ...fileQuestions(context, fresh, looks),
    ...liveQuestions(context, fresh),
    ...treeQuestions(fresh),
    act: (target, wanted) => act(context, target, wanted),
    close: () => {
      looks.close();
    },
  };
}

type Fresh = () => Promise<TargetContext>;

interface OpenLooks {
  /** As it was looked at first. */
  readonly known: (text: string) => Promise<OpenLook>;
  /** Of a container also what it has written meanwhile. */
  readonly current: (text: string) => Promise<OpenLook>;
  readonly close: () => void;
}

function openLooks(fresh: Fresh): OpenLooks {
  const open = new Map<string, Promise<OpenLook>>();
  const known = (text: string): Promise<OpenLook> => {
    const found = open.get(text) ?? fresh().then((targets) => openTarget(targets, text));
    open.set(text, found);
    found.catch(() => open.delete(text));
    return found;
  };
  return {
    known,
    current: async (text) => {
      const before = await open.get(text)?.catch(() => undefined);
      if (before?.target.kind === 'container') open.delete(text);
      return await known(text);
    },
    close: () => {
      for (const found of open.values())
        found.then(
          ({ target }) => {
            target.close();
          },
          () => undefined,
        );
    },
  };
}

function fileQuestions(
  context: Context,
  fresh: Fresh,
  { known, current }: OpenLooks,
): Pick<Port, 'look' | 'read' | 'blame' | 'patch' | 'comparePatch' | 'extract'> {
  return {
    look: async (text) => (await current(text)).look,
    read: async (text, path, layer) => {
      const { look } = await known(text);
      return await readPart(openContentOf(look.stack, path, { layer }));
    },
    blame: async (text, path) => inspectBlame(await fresh(), (await known(text)).target, path),
    patch: async (text, path, from, to) => {
      const { look } = await known(text);
      const { place: before } = openContentOf(look.stack, path, { layer: from });
      const { place: after } = openContentOf(look.stack, path, { layer: to });
      return await diffVersions(path, before, after);
    },
    comparePatch: async (before, after, path) => {
      const [first, second] = [(await current(before)).look, (await current(after)).look];
      const { place: old } = openContentOf(first.stack, path);
      const { place: now } = openContentOf(second.stack, path);
      return await diffVersions(path, old, now);
    },
    extract: async (text, path, layer, directory) => {
      const targets = await fresh();
      const { target } = await known(text);
      const plan = await planExtract(targets, target, [path], { layer });
      return await write(context, targets, { target, plan, directory });
    },
  };
}

function treeQuestions(fresh: Fresh): Pick<Port, 'overlay' | 'changes' | 'compare' | 'layers'> {
  const ofTree: TreeQuestion = async (text, ask) => {
    const targets = await fresh();
    return await withTree(targets, text, (target) => ask(targets, target));
  };
  return {
    overlay: (text) => ofTree(text, inspectOverlay),
    changes: (text) => ofTree(text, (targets, target) => inspectDiff(targets, target, undefined)),
    compare: (before, after) =>
      ofTree(before, (targets, first) =>
        withTree(targets, after, (second) => inspectDiff(targets, first, second)),
      ),
    layers: (text) => ofTree(text, inspectLayers),
  };
}

function liveQuestions(
  { host }: Context,
  fresh: Fresh,
): Pick<
  Port,
  'processes' | 'namespaces' | 'findingsOfProcesses' | 'verify' | 'mounts' | 'log' | 'facts'
> {
  const ofContainer: ContainerQuestion = async (text, ask) => {
    const targets = await fresh();
    return await withTarget(targets, text, (target) => {
      if (target.kind === 'container') return ask(targets, target);
      throw new CutawayError('UNSUPPORTED', `"${text}" is no container`);
    });
  };
  return {
    processes: async (text) =>
      text === undefined
        ? inspectProcesses(host, { subject: HOST })
        : await withTarget(await fresh(), text, (target) =>
            inspectProcesses(host, processSubject(target)),
          ),
    namespaces: async (text) => {
      const targets = await fresh();
      const running = runningSubjects(targets);
      if (text === undefined) return inspectNamespaces(host, running);
      const asked = await withTarget(targets, text, processSubject);
      const others = running.filter(({ subject }) => subject.target !== asked.subject.target);
      return inspectNamespaces(host, [asked], { others });
    },
    findingsOfProcesses: async (text) => {
      const targets = await fresh();
      const asked =
        text === undefined
          ? runningSubjects(targets)
          : [await withTarget(targets, text, processSubject)];
      return asked.map((subject) => inspectProcesses(host, subject));
    },
    verify: async (text, say) => {
      const targets = await fresh();
      const onProgress = (progress: VerifyProgress) => {
        say(progressText(progress));
      };
      return text === undefined
        ? await inspectStores(targets, { layers: false, onProgress })
        : await withTree(targets, text, (target) =>
            inspectIntegrity(targets, target, { onProgress }),
          );
    },
    mounts: (text) => ofContainer(text, containerMounts),
    log: (text) => ofContainer(text, (_targets, target) => containerLog(target)),
    facts: (text) => ofContainer(text, containerFacts),
  };
}

type ContainerQuestion = <Value>(
  text: string,
  ask: (targets: TargetContext, target: ContainerTarget) => Value,
) => Promise<Value>;

const HOST = { kind: 'host', engine: 'host', target: 'host' } as const;

async function openTarget(targets: TargetContext, text: string): Promise<OpenLook> {
  const target = await resolveTarget(targets, text);
  if (target.kind === 'process') {
    throw new CutawayError('UNSUPPORTED', `"${text}" is a process: it has no layers of its own`);
  }
  try {
    return { target, look: await openLook(targets, target) };
  } catch (error) {
    target.close();
    throw error;
  }
}

async function readPart({
  size,
  chunks,
}: {
  size: number;
  chunks: AsyncIterable<Buffer>;
}): Promise<FilePart> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(Buffer.from(chunk.subarray(0, SHOWN_BYTES - length)));
    length += parts.at(-1)?.length ?? 0;
    if (length >= SHOWN_BYTES) break;
  }
  return { bytes: Buffer.concat(parts), size };
}

function progressText({ layer, layers, step, bytes }: VerifyProgress): string {
  return `${step === 'blob' ? 'reading the blob' : 'comparing the files'} of layer ${layer} of ${layers}, ${formatSize(bytes)}`;
}
