import t from 'tap';
import { PAX_CASES } from './cases/pax.js';
import { checkCases } from './check-case.js';

await checkCases(t, PAX_CASES);
