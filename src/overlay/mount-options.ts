// The options of an overlay: as mountinfo prints them, and as mount(8) takes them.
// Two layers of escapes: the kernel's own backslashes (overlayfs.rst, "multiple lower layers"),
// and around those the octal ones of seq_file in mountinfo (proc(5)).
import { unescapeMount } from '../oci/mount-escape.js';

export interface OverlayOptions {
  /** Top first. */
  readonly lowerdir: readonly string[];
  /** Lower directories that only hold the content of metacopy files: after `::`, or `datadir+`. */
  readonly dataOnly: readonly string[];
  readonly upperdir?: string;
  readonly workdir?: string;
  /** Everything else as it stands: `rw`, `index=off`, `userxattr`, … */
  readonly flags: readonly string[];
}

/**
 * `mountinfo`: the super options field, octal escapes and all; a comma in a path is `\054` there.
 * `mount`: text for `-o`, where a comma in a path is written `\,`.
 */
export type OptionsForm = 'mountinfo' | 'mount';

export function parseOverlayOptions(text: string, form: OptionsForm = 'mountinfo'): OverlayOptions {
  const lowerdir: string[] = [];
  const dataOnly: string[] = [];
  const flags: string[] = [];
  const own: { upperdir?: string; workdir?: string } = {};
  const options = form === 'mountinfo' ? text.split(',') : splitUnescaped(text, ',');
  for (const option of options) {
    const equals = option.indexOf('=');
    const key = equals < 0 ? option : option.slice(0, equals);
    const raw = equals < 0 ? '' : option.slice(equals + 1);
    const value = form === 'mountinfo' ? unescapeMount(raw) : raw;
    if (key === 'lowerdir') addLowerList(value, lowerdir, dataOnly);
    else if (key === 'lowerdir+') lowerdir.push(value);
    else if (key === 'datadir+') dataOnly.push(value);
    else if (key === 'upperdir' || key === 'workdir') own[key] = removeBackslashes(value);
    else if (option !== '') flags.push(form === 'mountinfo' ? unescapeMount(option) : option);
  }
  return { lowerdir, dataOnly, ...own, flags };
}

/** Text for `mount -t overlay -o`. */
export function formatOverlayOptions(options: OverlayOptions): string {
  const { lowerdir, dataOnly, upperdir, workdir, flags } = options;
  const parts: string[] = [];
  if (lowerdir.length > 0) {
    const lower = lowerdir.map(escapeLower).join(':');
    parts.push(`lowerdir=${[lower, ...dataOnly.map(escapeLower)].join('::')}`);
  }
  if (upperdir !== undefined) parts.push(`upperdir=${escapePath(upperdir)}`);
  if (workdir !== undefined) parts.push(`workdir=${escapePath(workdir)}`);
  return [...parts, ...flags].join(',');
}

/** `/top:/below::/data`: a double colon begins a data-only layer. */
function addLowerList(list: string, lowerdir: string[], dataOnly: string[]): void {
  let target = lowerdir;
  for (const [index, part] of splitUnescaped(list, ':').entries()) {
    if (part === '' && index > 0) target = dataOnly;
    else if (part !== '') {
      target.push(removeBackslashes(part));
      target = lowerdir;
    }
  }
}

/** Parts between separators that no backslash precedes; the backslashes stay. */
function splitUnescaped(text: string, separator: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === separator) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}

/** A backslash makes the next character itself, whatever it is; a last one stands for nothing. */
function removeBackslashes(text: string): string {
  return text.replaceAll(/\\(.?)/gs, '$1');
}

function escapePath(path: string): string {
  return path.replaceAll(/[\\,]/g, '\\$&');
}

function escapeLower(path: string): string {
  return path.replaceAll(/[\\,:]/g, '\\$&');
}
