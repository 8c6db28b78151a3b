import { ANNOTATION } from '../oci/annotation.js';
import { formatReference, isReference, parseReference } from '../oci/reference.js';

/** The names that annotations of a descriptor in an index give to what it points at. */
export function namesOf(annotations: Readonly<Record<string, string>> = {}): string[] {
  const full = annotations[ANNOTATION.containerdImageName];
  const name = annotations[ANNOTATION.refName];
  if (full === undefined) return name === undefined ? [] : [name];
  // Beside the full name stands the bare tag, which it ends with.
  return name === undefined || full.endsWith(`:${name}`) ? [full] : [full, name];
}

/**
 * The names that are references, in full. A word alone is a tag of the layout ("latest"), not the
 * name of a repository: image-spec annotations.md leaves it open, skopeo and umoci write tags.
 */
export function referencesOf(names: readonly string[]): string[] {
  const full = names
    .filter((name) => /[/:]/.test(name) && isReference(name))
    .map((name) => formatReference(parseReference(name)));
  return [...new Set(full)];
}
