import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gzipSync } from 'node:zlib'
import { describeWithVersitygw, S3_ENVIRONMENT, startS3, type S3Server } from '../servers/s3.ts'
import { demetra, parseJson, temporaryFolder } from './demetra.ts'

const event = (n: number): string =>
  JSON.stringify({
    id: `20ec0521-d127-4038-92ed-${String(n).padStart(12, '0')}`,
    meta: {
      service: 'core',
      type: 'payment-completed',
      created_at: '2016-01-01T12:00:00.000Z',
      aggregate_id: `payment/${n}`,
    },
    payload: {},
  })
const DUMP = `${event(1)}\n${event(2)}\n{"broken":\n${event(3)}\n`

describeWithVersitygw('dumps in S3', () => {
  let server: S3Server
  let bucket: string
  beforeAll(async () => {
    server = await startS3('versitygw')
    bucket = await server.createBucket()
    await server.put(bucket, 'dumps/2016.ndjson', Buffer.from(DUMP))
    await server.put(bucket, 'dumps/2016.ndjson.gz', gzipSync(DUMP))
  })
  afterAll(() => server.stop())

  test('import and verify read them; rejects lie in the working directory, and can be repaired', async () => {
    using folder = temporaryFolder()
    const run = { cwd: folder.path, env: { ...S3_ENVIRONMENT } }
    const url = server.url(bucket, 'dumps/2016.ndjson')
    const verified = await demetra(['verify', url, '--json'], run)
    expect(parseJson(verified)).toMatchObject({ status: 3 })
    const imported = parseJson(await demetra(['import', url, '--json'], run))
    const rejectsFile = join(folder.path, '2016.ndjson.rejects.ndjson')
    const name = `s3://${bucket}/dumps/2016.ndjson`
    expect(imported).toMatchObject({
      status: 3,
      result: { source: name, written: 3, rejected: 1, rejectsFile },
    })
    const [reject = ''] = readFileSync(rejectsFile, 'utf8').split('\n')
    expect(JSON.parse(reject)).toMatchObject({ source: name, line: 3 })

    const again = await demetra(['import', server.url(bucket, 'dumps/2016.ndjson.gz'), '--json'], run)
    expect(parseJson(again)).toMatchObject({ result: { written: 0, duplicates: 3 } })
    writeFileSync(rejectsFile, reject.replace('{\\"broken\\":', JSON.stringify(event(4)).slice(1, -1)))
    const repaired = await demetra(['import', rejectsFile, '--json'], run)
    expect(parseJson(repaired)).toMatchObject({ status: 0, result: { written: 1 } })
  })

  test('what is wrong is said, without a secret', async () => {
    using folder = temporaryFolder()
    const env = { ...S3_ENVIRONMENT, AWS_SECRET_ACCESS_KEY: 'hunter2' }
    const refused = await demetra(['import', server.url(bucket, 'dumps/2016.ndjson')], {
      cwd: folder.path,
      env,
    })
    expect(refused.code).toBe(4)
    expect(refused.stderr).toMatch(/does not accept the credentials/u)
    expect(refused.stderr).not.toMatch(/hunter2/u)
    const missing = await demetra(['import', server.url(bucket, 'none')], {
      cwd: folder.path,
      env: { ...S3_ENVIRONMENT },
    })
    expect(missing.code).toBe(4)
    expect(missing.stderr).toMatch(/There is no object/u)
  })
})
