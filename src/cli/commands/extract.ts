import { defineCommand } from '../command.js';
export const extract = defineCommand({ usage: '', options: {}, least: 0, most: 0, run: () => Promise.resolve(0) });
