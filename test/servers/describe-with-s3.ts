import { suiteWithServer } from './describe-with-server.ts'
import { S3_PROGRAMS, s3Here, type S3Kind } from './find-s3.ts'

async function suiteWith(kind: S3Kind): Promise<(name: string, body: () => void) => void> {
  return suiteWithServer((await s3Here(kind)) === null, {
    tests: `Tests of S3 with ${kind}`,
    server: kind,
    missing:
      `no ${kind} was found on the path, and none could be built with Go; ` +
      `set ${S3_PROGRAMS[kind].variable}=/path/to/${kind}`,
  })
}

/** A suite on a real S3 server: versitygw, which is quick to start. */
export const describeWithVersitygw = await suiteWith('versitygw')
/** A suite on a real S3 server: MinIO. */
export const describeWithMinio = await suiteWith('minio')
