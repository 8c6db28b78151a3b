import type { ProcessSubject } from '../inspect/procs.js';
import type { EngineImage } from '../engines/engine.js';
import type { ContainerFiles } from '../inspect/same-content.js';
import {
  containerTarget,
  type ContainerTarget,
  type Target,
  type TargetContext,
} from '../inspect/target.js';
import { CutawayError } from '../oci/error.js';

/** What the questions about processes need to know of a target. */
export function processSubject(target: Target): ProcessSubject {
  if (target.kind === 'process') return { subject: target.subject, initPid: target.pid };
  if (target.kind === 'image') {
    throw new CutawayError(
      'UNSUPPORTED',
      `"${target.subject.target}" is an image: nothing runs in it`,
      {
        hint: 'name a container or a process: pid:N',
      },
    );
  }
  const { init, cgroupPaths, supervisorPids } = target.container;
  return {
    subject: target.subject,
    files: containerFiles(target),
    ...(cgroupPaths === undefined ? {} : { cgroupPaths }),
    ...(supervisorPids === undefined ? {} : { supervisorPids }),
    ...(init === undefined ? {} : { initPid: init.pid, initStartTicks: init.startTicks }),
  };
}

/** An engine that has an index of a layer spares us walking it. */
function containerFiles({ engine, container }: ContainerTarget): ContainerFiles {
  const { upper, lower } = container.directories;
  let image: EngineImage | undefined;
  return {
    directories: [
      ...(upper === undefined ? [] : [{ role: 'upper' as const, directory: upper }]),
      ...lower.map(({ role, directory, layerIndex }) => ({
        role,
        directory,
        ...(layerIndex === undefined ? {} : { layer: layerIndex }),
      })),
    ],
    findIndex: (layer) => {
      const { imageID } = container;
      image ??= imageID === undefined ? undefined : engine.findImage(imageID);
      const diffID = image?.layers[layer - 1]?.diffID;
      return diffID === undefined ? undefined : engine.findLayerIndex?.(diffID);
    },
  };
}

/** Every running container of every engine. */
export function runningSubjects({ engines }: TargetContext): ProcessSubject[] {
  return engines.flatMap((engine) =>
    engine
      .listContainers()
      .filter(({ init }) => init !== undefined)
      .map((container) => processSubject(containerTarget(engine, container))),
  );
}
