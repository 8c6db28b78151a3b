import t from 'tap';
import { HEADER_CASES } from './cases/headers.js';
import { checkCases } from './check-case.js';

await checkCases(t, HEADER_CASES);
