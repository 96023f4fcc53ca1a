import { suiteWithServer } from './describe-with-server.ts'
import { findNginx, VARIABLE } from './find-nginx.ts'

/** Looked for once in each process. */
export const nginxPath = await findNginx()

/** A suite behind a real nginx. */
export const describeWithNginx = suiteWithServer(nginxPath === null, {
  tests: 'nginx tests',
  server: 'an nginx',
  missing:
    `there is none on the path, or no openssl, and Debian's package could not be had by apt-get; ` +
    `set ${VARIABLE}=/path/to/nginx`,
})
