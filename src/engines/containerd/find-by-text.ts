import { CutawayError } from '../../oci/error.js';

/**
 * The one that the first rule with any match finds; throws AMBIGUOUS for several. Those of the same
 * identity are as good as each other.
 */
export function findByText<One extends { readonly name: string }>(
  all: readonly One[],
  text: string,
  kind: 'container' | 'image',
  rules: readonly ((one: One) => boolean)[],
  identify: (one: One) => string = ({ name }) => name,
): One | undefined {
  for (const rule of rules) {
    const matches = all.filter(rule);
    if (matches.length === 0) continue;
    if (new Set(matches.map(identify)).size === 1) return matches[0];
    const names = matches.map(({ name }) => name).join(', ');
    throw new CutawayError('AMBIGUOUS', `"${text}" stands for several ${kind}s: ${names}`, {
      hint: 'write one of these names instead',
    });
  }
  return undefined;
}
