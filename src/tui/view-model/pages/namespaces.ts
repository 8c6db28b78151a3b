import { formatNamespaces } from '../../../report/ns-table.js';
import type { Page } from '../page.js';
import { facePage } from './face-page.js';

/** The running containers against the eight types: which are shared, which are the host's. */
export function namespacesPage(): Page {
  return facePage({
    name: 'namespaces',
    title: 'namespaces',
    ask: (port) => port.namespaces(),
    face: formatNamespaces,
    command: ['cutaway', 'ns'],
    bindings: [],
  });
}
