import { suiteWithServer } from './describe-with-server.ts'
import { findPrometheus, VARIABLE } from './find-prometheus.ts'

/** Looked for once in each process. */
export const prometheus = await findPrometheus()

/** A suite that asks Prometheus itself. */
export const describeWithPrometheus = suiteWithServer(prometheus === null, {
  tests: 'Prometheus tests',
  server: 'Prometheus',
  missing:
    `no promtool and prometheus on the path, and Debian's package could not be had by apt-get; ` +
    `set ${VARIABLE}=/path/to/folder, one that has both`,
})
