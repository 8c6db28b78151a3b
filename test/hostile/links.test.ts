import t from 'tap';
import { LINK_CASES } from './cases/links.js';
import { checkCases } from './check-case.js';

await checkCases(t, LINK_CASES);
