// A layer of a stack in the few columns that faces have for it.
import type { Origin } from '../inspect/documents/origin.js';
import { safeText } from './text.js';

/** Its number, or the name of a container's own. */
export function layerMark({ layer, role }: Pick<Origin, 'layer' | 'role'>): string {
  return role === 'layer' ? String(layer) : role;
}

/** What made it. */
export function layerStep({ role, command }: Pick<Origin, 'role' | 'command'>): string {
  if (role === 'upper') return 'what the container has written';
  if (role === 'init') return 'mount points for the runtime';
  return safeText(command ?? '');
}
