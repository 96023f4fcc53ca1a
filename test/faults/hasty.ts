/** Demetra from source, with deadlines as short as a test wants them: DEMETRA_S3_TIMING, as JSON. */
import { main } from '../../src/cli/main.ts'
import { S3_TIMING } from '../../src/object-store/s3/patiently.ts'

Object.assign(S3_TIMING, JSON.parse(process.env['DEMETRA_S3_TIMING'] ?? '{}'))
await main(process.argv.slice(2))
