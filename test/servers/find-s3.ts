import { findGoProgram, type GoProgram } from './go-program.ts'

/** Both take create-only uploads and SHA-256 for what they are. */
export type S3Kind = 'versitygw' | 'minio'

export const S3_PROGRAMS: Readonly<Record<S3Kind, GoProgram>> = {
  versitygw: {
    name: 'versitygw',
    module: 'github.com/versity/versitygw/cmd/versitygw',
    version: 'v1.8.0',
    variable: 'DEMETRA_TEST_VERSITYGW',
    answers: /^Version/mu,
  },
  minio: {
    name: 'minio',
    module: 'github.com/minio/minio',
    version: 'v0.0.0-20260212201848-7aac2a2c5b7c',
    variable: 'DEMETRA_TEST_MINIO',
    answers: /^minio version/mu,
  },
}

const found: Partial<Record<S3Kind, Promise<string | null>>> = {}

/** Looked for once in each process. */
export function s3Here(kind: S3Kind): Promise<string | null> {
  found[kind] ??= findGoProgram(S3_PROGRAMS[kind])
  return found[kind]
}
