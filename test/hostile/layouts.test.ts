import t from 'tap';
import { LAYOUT_CASES } from './cases/layouts.js';
import { checkCases } from './check-case.js';

await checkCases(t, LAYOUT_CASES);
