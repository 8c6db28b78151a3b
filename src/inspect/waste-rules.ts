// The verdict for CI: thresholds on the figures of dive, read from the files that dive reads.
import { CutawayError } from '../oci/error.js';
import type { DiveFigures } from '../overlay/dive-figures.js';
import type { RuleResult } from './documents/waste.js';

export type RuleName = RuleResult['rule'];

/** As they were written; a rule that is not there is not judged. */
export type WasteRules = Readonly<Partial<Record<RuleName, string>>>;

/** Of dive when it has no file. */
export const DIVE_RULES: WasteRules = {
  lowestEfficiency: '0.9',
  highestWastedBytes: 'disabled',
  highestUserWastedPercent: '0.1',
};

const NAMES: readonly RuleName[] = [
  'lowestEfficiency',
  'highestWastedBytes',
  'highestUserWastedPercent',
];

/** dive has spelt them in several ways, and does not look at upper and lower case. */
const SPELLINGS: Readonly<Record<string, RuleName>> = {
  lowestefficiency: 'lowestEfficiency',
  'lowest-efficiency': 'lowestEfficiency',
  highestwastedbytes: 'highestWastedBytes',
  'highest-wasted-bytes': 'highestWastedBytes',
  highestuserwastedpercent: 'highestUserWastedPercent',
  'highest-user-wasted-percent': 'highestUserWastedPercent',
};

/** The rules in a parsed `.dive-ci`; what it does not name is as dive has it. */
export function readRules(document: unknown, file: string): WasteRules {
  const refuse = (reason: string): never => {
    throw new CutawayError('INVALID_INPUT', `read ${file}: ${reason}`);
  };
  if (document === null || document === undefined) return DIVE_RULES;
  if (!isMap(document)) return refuse('it is no map with "rules"');
  const rules = document['rules'] ?? {};
  if (!isMap(rules)) return refuse('"rules" is no map');
  const found = Object.entries(rules).map(([key, value]): [RuleName, string] => {
    const name = SPELLINGS[key.toLowerCase().replace(/-threshold$/, '')];
    if (name === undefined) return refuse(`there is no rule "${key}": ${NAMES.join(', ')}`);
    const isText = typeof value === 'string' || typeof value === 'number' || value === false;
    if (!isText && value !== null) return refuse(`"${key}" is no number and no text`);
    return [name, value === null ? '' : String(value)];
  });
  return { ...DIVE_RULES, ...Object.fromEntries(found) };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One for each rule, in the order that people read them. Throws for a threshold that is none. */
export function judgeWaste(figures: DiveFigures, rules: WasteRules): RuleResult[] {
  const actual: Readonly<Record<RuleName, number>> = {
    lowestEfficiency: figures.efficiency,
    highestWastedBytes: figures.wastedBytes,
    highestUserWastedPercent: figures.userWastedPercent,
  };
  return NAMES.map((rule) => {
    const threshold = readThreshold(rule, rules[rule] ?? '');
    const value = actual[rule];
    const known = Number.isFinite(value) ? { actual: value } : {};
    if (threshold === undefined) return { rule, status: 'SKIP', ...known };
    // Meeting the threshold is no failure: the code of dive, not its README.
    const fails = rule === 'lowestEfficiency' ? value < threshold : value > threshold;
    return { rule, status: fails ? 'FAIL' : 'PASS', threshold, ...known };
  });
}

/** Undefined for a rule that is switched off. */
function readThreshold(rule: RuleName, text: string): number | undefined {
  const value = text.trim();
  if (['', 'disabled', 'off', 'false'].includes(value.toLowerCase())) return undefined;
  if (rule === 'highestWastedBytes') return parseBytes(value);
  const ratio = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : NaN;
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw new CutawayError('INVALID_INPUT', `${rule} is a ratio from 0 to 1, not "${text}"`);
}

const UNITS = 'kmgtpe';

/** "20MB" is 20,000,000, "20MiB" 20,971,520; what dive's go-humanize reads. */
function parseBytes(text: string): number {
  const match = /^([\d.,]+)\s*(?:([kmgtpe])(i?)b?|b)?$/i.exec(text);
  const number = Number(match?.[1]?.replaceAll(',', '') ?? NaN);
  if (Number.isNaN(number)) {
    const hint = 'write it like 20MB or 512KiB';
    throw new CutawayError('INVALID_INPUT', `highestWastedBytes is no size: "${text}"`, { hint });
  }
  const power = match?.[2] === undefined ? 0 : UNITS.indexOf(match[2].toLowerCase()) + 1;
  return Math.floor(number * (match?.[3] ? 1024 : 1000) ** power);
}
