// The only place that sets the exit status and prints an error.
declare const CUTAWAY_VERSION: string;

const argv = process.argv.slice(2);
if (argv[0] === '--version' || (argv[0] === 'version' && argv.length === 1)) {
  process.stdout.write(`cutaway ${CUTAWAY_VERSION}\n`);
} else {
  // A reader that has seen enough (`cutaway tree x | head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 2);
  });
  const { dispatch } = await import('./dispatch.js');
  process.exitCode = await dispatch(argv);
}
