import t from 'tap';
import { WHITEOUT_CASES } from './cases/whiteouts.js';
import { checkCases } from './check-case.js';

await checkCases(t, WHITEOUT_CASES);
