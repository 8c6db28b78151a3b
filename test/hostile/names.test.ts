import t from 'tap';
import { NAME_CASES } from './cases/names.js';
import { checkCases } from './check-case.js';

await checkCases(t, NAME_CASES);
