import { dockerContainer } from '../../inspect/docker-container.js';
import { dockerImage } from '../../inspect/docker-image.js';
import { inspectRecord } from '../../inspect/inspect.js';
import type { ContainerTarget, ImageTarget, TargetContext } from '../../inspect/target.js';
import { CutawayError } from '../../oci/error.js';
import { formatJson } from '../../report/json.js';
import { formatTemplateRows } from '../../report/template-rows.js';
import { defineCommand } from '../command.js';
import type { Context } from '../context.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';
import { isTemplate, TEMPLATE_FORMAT } from '../template-format.js';
import { contextView } from '../view.js';

const { output, json } = DOCUMENT_OPTIONS;

export const inspect = defineCommand({
  usage: '[OPTIONS] TARGET…',
  options: {
    type: {
      type: 'string',
      value: 'image|container',
      choices: ['image', 'container'],
      describe: 'what to look for',
    },
    format: { ...TEMPLATE_FORMAT, value: 'json|TEMPLATE', alias: 'f' },
    json: { ...json, describe: 'our document, with a schema; one target' },
    output,
    ...PLATFORM_OPTION,
  },
  least: 1,
  most: Infinity,
  examples: [
    'cutaway inspect web',
    'cutaway inspect busybox',
    'cutaway inspect --json busybox',
    "cutaway inspect --format '{{json .Config.Env}}' busybox",
  ],
  async run(context, texts, options) {
    const { type, format } = options;
    const targets = onlyOfType(await targetContext(context, options.platform), type);
    const wantsDocument = options.json || format === 'json' || format === 'jsonl';
    if (wantsDocument || texts.length === 1) {
      const [text = ''] = texts;
      if (texts.length > 1)
        throw new CutawayError('INVALID_INPUT', 'inspect: --json takes one target');
      return await withTree(targets, text, async (target) => {
        requireType(target, text, type);
        if (wantsDocument) showRecord(context, targets, target, options);
        else show(context, [await dockerShape(target)], options);
        return 0;
      });
    }
    const found: Record<string, unknown>[] = [];
    for (const text of texts) {
      await withTree(targets, text, async (target) => {
        requireType(target, text, type);
        found.push(await dockerShape(target));
      });
    }
    show(context, found, options);
    return 0;
  },
});

interface ShowOptions {
  readonly format: string | undefined;
  readonly json: boolean;
  readonly output: string | undefined;
}

/** Docker's own shape: an array, or the template filled for each. */
function show(
  context: Context,
  found: readonly Record<string, unknown>[],
  { format, output: file }: ShowOptions,
): void {
  const text = isTemplate(format)
    ? formatTemplateRows(format, found, {}, contextView(context, { noTrunc: true }))
    : formatJson(found);
  if (file === undefined) context.print(text);
  else context.host.writeFileAtomic(file, text);
}

function showRecord(
  context: Context,
  targets: TargetContext,
  target: ImageTarget | ContainerTarget,
  options: ShowOptions,
): void {
  const document = inspectRecord(targets, target);
  showDocument(
    context,
    { ...options, columns: undefined, 'no-trunc': true },
    { document, list: 'problems', face: formatJson },
  );
}

/** The same host, on which nothing of the other type is found by name. */
function onlyOfType(targets: TargetContext, type: string | undefined): TargetContext {
  if (type === undefined) return targets;
  const nothing = () => undefined;
  const blind = type === 'image' ? { findContainer: nothing } : { findImage: nothing };
  const engines = targets.engines.map((engine) =>
    Object.assign(Object.create(engine) as TargetContext['engines'][number], blind),
  );
  return { ...targets, engines };
}

function requireType(target: ImageTarget | ContainerTarget, text: string, type?: string): void {
  if (type === undefined || target.kind === type) return;
  throw new CutawayError('NOT_FOUND', `no such ${type}: ${text}`);
}

async function dockerShape(
  target: ImageTarget | ContainerTarget,
): Promise<Record<string, unknown>> {
  return target.kind === 'image' ? await dockerImage(target) : dockerContainer(target);
}
