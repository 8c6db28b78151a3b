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
