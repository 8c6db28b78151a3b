import { DEFAULT_PATH } from '../spec/environment.js';
import { makeEmbeddedImage, type EmbeddedImage, type PlatformImage } from './embedded-image.js';
import { HELLO_ELF } from './hello-elf.js';

const REFERENCE = 'docker.io/library/hello-world:latest';

/** One static program that says what just happened; for amd64 and arm64. */
export function helloWorldImage(): EmbeddedImage {
  return makeEmbeddedImage(REFERENCE, [
    helloFor({ os: 'linux', architecture: 'amd64' }, HELLO_ELF.amd64.base64),
    helloFor({ os: 'linux', architecture: 'arm64', variant: 'v8' }, HELLO_ELF.arm64.base64),
  ]);
}

/** The image that the program carries under a full reference, if there is one. */
export function embeddedImage(reference: string): EmbeddedImage | undefined {
  return reference === REFERENCE ? helloWorldImage() : undefined;
}

function helloFor(platform: PlatformImage['platform'], program: string): PlatformImage {
  const content = Buffer.from(program, 'base64');
  return {
    platform,
    steps: [
      {
        createdBy: 'COPY hello /',
        entries: [{ type: 'file', path: 'hello', mode: 0o755, content }],
      },
      { createdBy: 'CMD ["/hello"]' },
    ],
    config: { Env: [`PATH=${DEFAULT_PATH}`], Cmd: ['/hello'], WorkingDir: '/' },
  };
}
