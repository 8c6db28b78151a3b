import stringWidth from 'fast-string-width';
import type { Subject } from '../inspect/documents/common.js';
import { safeText } from './text.js';
import type { View } from './theme.js';

const SHORT_ID = 12;

/**
 * "git · 810699d1fe17 · debian:12 · running, pid 2071", then what else there is to say: on a
 * line of its own where one is too short for both.
 */
export function formatSubjectLine(subject: Subject, more: readonly string[], view: View): string {
  const { name, target, id, image, state, pid } = subject;
  const life = [state, pid === undefined ? undefined : `pid ${pid}`].filter((text) => text);
  const rest = [
    id === undefined || view.noTrunc ? id : id.slice(0, SHORT_ID),
    image,
    life.join(', '),
  ].filter((text) => text !== undefined && text !== '' && text !== (name ?? target));
  const line = [
    view.theme.bold(safeText(name ?? target)),
    ...rest.map((text) => safeText(text ?? '')),
  ].join(' · ');
  const whole = [line, ...more].join(' · ');
  return stringWidth(whole) <= view.width ? whole : `${line}\n${more.join(' · ')}`;
}
