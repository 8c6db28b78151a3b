import { formatProcs } from '../../../report/procs-table.js';
import type { Page } from '../page.js';
import { facePage } from './face-page.js';
import { namespacesPage } from './namespaces.js';

/** Processes as the host sees them, with their ids inside; undefined for all of this host. */
export function processesPage(target: string | undefined): Page {
  return facePage({
    name: 'processes',
    title: target === undefined ? 'processes' : `processes of ${target}`,
    ask: (port) => port.processes(target),
    face: formatProcs,
    command: ['cutaway', 'procs', ...(target === undefined ? [] : [target])],
    bindings: [
      {
        keys: ['m'],
        shown: 'm',
        label: 'namespaces',
        help: 'which namespaces the running containers are in, and share',
        act: () => ({ effects: [{ kind: 'open', page: namespacesPage() }] }),
      },
    ],
  });
}
