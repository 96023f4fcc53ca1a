import { suiteWithServer } from './describe-with-server.ts'
import { findChromium, VARIABLE } from './find-chromium.ts'

/** Looked for once in each process. */
export const chromiumPath = await findChromium()

/** A suite that looks at pages in a real browser. */
export const describeWithChromium = suiteWithServer(chromiumPath === null, {
  tests: 'Browser tests',
  server: 'a Chromium',
  missing: `there is none on the path, and none could be installed with apt; set ${VARIABLE}=/path/to/chromium`,
})
