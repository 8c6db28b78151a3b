import type { ProcessSubject } from '../inspect/procs.js';
import { containerTarget, type Target, type TargetContext } from '../inspect/target.js';
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
    ...(cgroupPaths === undefined ? {} : { cgroupPaths }),
    ...(supervisorPids === undefined ? {} : { supervisorPids }),
    ...(init === undefined ? {} : { initPid: init.pid, initStartTicks: init.startTicks }),
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
