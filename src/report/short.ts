import stringWidth from 'fast-string-width';
import type { View } from './theme.js';

/** The part of a digest or id that is unique among few: 12 digits, as Docker shows them. */
export function shortID(id: string, view: Pick<View, 'noTrunc'>): string {
  if (view.noTrunc) return id;
  return id.replace(/^sha(256|512):/, '').slice(0, 12);
}

/** "l/ROSLSXPX…": the end of a short link's path. */
export function shortLink(link: string, view: Pick<View, 'noTrunc'>): string {
  if (view.noTrunc) return link;
  const name = link.slice(link.lastIndexOf('/') + 1);
  return `l/${name.slice(0, 8)}…`;
}

/** A path whole where there is room for it, else with the ids in it cut to 12 digits. */
export function shortPath(path: string, room: number, view: Pick<View, 'noTrunc'>): string {
  if (view.noTrunc || stringWidth(path) <= room) return path;
  return path.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1…');
}
