// How an answer to "whose is it" names what it found.
import type { Engine, EngineContainer, EngineImage } from '../engines/engine.js';
import { encodeName, isUtf8Name } from '../oci/byte-name.js';
import type { WhoseAnswer } from './documents/whose.js';

export function containerFacts(
  engine: Engine,
  { id, name, state }: EngineContainer,
): Pick<WhoseAnswer, 'container' | 'target'> {
  return { container: { id, name, state }, target: `${engine.name}:${name}` };
}

export function imageFacts(
  engine: Engine,
  { id, references }: EngineImage,
): Pick<WhoseAnswer, 'image' | 'target'> {
  const name = references[0] ?? id;
  return { image: { id, name }, target: `${engine.name}:${name}` };
}

/** A path of the host. */
export function fileFacts(path: string | undefined): { file?: string; fileBase64?: string } {
  if (path === undefined) return {};
  if (isUtf8Name(path)) return { file: path };
  return { file: path, fileBase64: encodeName(path).toString('base64') };
}
