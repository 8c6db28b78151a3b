// The only place that sets the exit status and prints an error.
declare const CUTAWAY_VERSION: string;

const argv = process.argv.slice(2);
if (argv[0] === '--version' || (argv[0] === 'version' && argv.length === 1)) {
  process.stdout.write(`cutaway ${CUTAWAY_VERSION}\n`);
} else {
  void import('./dispatch.js').then(async ({ dispatch }) => {
    process.exitCode = await dispatch(argv);
  });
}
