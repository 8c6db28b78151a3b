import { inspectWaste } from '../../inspect/waste.js';
import { DIVE_RULES, readRules, type WasteRules } from '../../inspect/waste-rules.js';
import { causeText, CutawayError } from '../../oci/error.js';
import { formatWaste } from '../../report/waste-tables.js';
import { defineCommand, type OptionSpecs, type OptionValues } from '../command.js';
import type { Context } from '../context.js';
import { DOCUMENT_OPTIONS, showDocument } from '../document-options.js';
import { PLATFORM_OPTION, targetContext, withTree } from '../targets.js';

const RULE_OPTIONS = {
  ci: { type: 'boolean', describe: 'judge by the rules of ./.dive-ci, or those of dive' },
  'ci-config': { type: 'string', value: 'FILE', describe: 'judge by the rules of this file' },
  'lowest-efficiency': { type: 'string', value: 'RATIO', describe: 'fail below: 0.95' },
  'highest-wasted-bytes': { type: 'string', value: 'SIZE', describe: 'fail above: 20MB' },
  'highest-user-wasted-percent': { type: 'string', value: 'RATIO', describe: 'fail above: 0.2' },
} as const satisfies OptionSpecs;

export const waste = defineCommand({
  usage: 'TARGET',
  options: { ...DOCUMENT_OPTIONS, ...PLATFORM_OPTION, ...RULE_OPTIONS },
  least: 1,
  most: 1,
  examples: [
    'cutaway waste busybox',
    'cutaway waste --ci docker-archive:image.tar',
    'cutaway waste --highest-wasted-bytes 20MB --json busybox',
  ],
  async run(context, [text = ''], options) {
    const rules = await chooseRules(context, options);
    const targets = await targetContext(context, options.platform);
    const document = await withTree(targets, text, (target) =>
      inspectWaste(targets, target, rules === undefined ? {} : { rules }),
    );
    showDocument(context, options, { document, list: 'paths', face: formatWaste });
    return document.rules?.some(({ status }) => status === 'FAIL') === true ? 1 : 0;
  },
});

/** Undefined when no verdict is asked for. */
async function chooseRules(
  context: Context,
  options: OptionValues<typeof RULE_OPTIONS>,
): Promise<WasteRules | undefined> {
  const given = {
    ...rule('lowestEfficiency', options['lowest-efficiency']),
    ...rule('highestWastedBytes', options['highest-wasted-bytes']),
    ...rule('highestUserWastedPercent', options['highest-user-wasted-percent']),
  };
  const file = options['ci-config'];
  if (file !== undefined) return { ...(await readRulesFile(context, file)), ...given };
  if (options.ci) {
    const isThere = context.host.findStatus(DIVE_FILE) !== undefined;
    return { ...(isThere ? await readRulesFile(context, DIVE_FILE) : DIVE_RULES), ...given };
  }
  return Object.keys(given).length === 0 ? undefined : given;
}

const DIVE_FILE = '.dive-ci';

function rule(name: keyof WasteRules, value: string | undefined): WasteRules {
  return value === undefined ? {} : { [name]: value };
}

async function readRulesFile(context: Context, file: string): Promise<WasteRules> {
  const text = context.host.readText(file);
  const { parse } = await import('yaml');
  let document: unknown;
  try {
    // "0.90" stays what was written; an alias cannot be made to grow.
    document = parse(text, { schema: 'failsafe', maxAliasCount: 0 });
  } catch (error) {
    const reason = causeText(error).split('\n')[0]?.replace(/:$/, '') ?? '';
    throw new CutawayError('INVALID_INPUT', `read ${file}: ${reason}`, { cause: error });
  }
  return readRules(document, file);
}
