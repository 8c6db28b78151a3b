// Patterns for paths, as shells and .gitignore have them.
import { CutawayError } from '../oci/error.js';

/**
 * Whether a path, or a directory that it is in, matches. `*` and `?` stop at a slash, `**` does not,
 * `[…]` is one of several; a pattern without a slash is looked for in every directory.
 */
export function pathMatcher(pattern: string): (path: string) => boolean {
  const wanted = pattern.replace(/(?<=.)\/+$/, '');
  if (wanted === '') throw new CutawayError('INVALID_INPUT', 'the pattern is empty');
  if (wanted === '/') return () => true;
  const anywhere = wanted.includes('/') ? '^/' : '(?:^|/)';
  const source = `${anywhere}${translate(wanted.replace(/^\/+/, ''), pattern)}(?:/|$)`;
  const expression = new RegExp(source, 's');
  return (path) => expression.test(path);
}

function translate(glob: string, pattern: string): string {
  let source = '';
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob[at] ?? '';
    if (glob.startsWith('**/', at)) {
      source += '(?:[^/]*/)*';
      at += 2;
    } else if (glob.startsWith('**', at)) {
      source += '.*';
      at += 1;
    } else if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[') {
      const end = glob.indexOf(']', at + 2);
      if (end < 0) throw new CutawayError('INVALID_INPUT', `"${pattern}" has a [ without its ]`);
      source += oneOf(glob.slice(at + 1, end));
      at = end;
    } else source += escape(character === '\\' ? (glob[(at += 1)] ?? '\\') : character);
  }
  return source;
}

/** "a-z", "!x": never a slash. */
function oneOf(characters: string): string {
  const isNegative = /^[!^]/.test(characters);
  const members = (isNegative ? characters.slice(1) : characters).replace(/[\]\\^[&]/g, '\\$&');
  return isNegative ? `[^/${members}]` : `(?!/)[${members}]`;
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
