// what tests use; a program that is no test imports start-s3.ts
export { describeWithMinio, describeWithVersitygw } from './describe-with-s3.ts'
export type { S3Kind } from './find-s3.ts'
export { S3_ENVIRONMENT } from './running-s3.ts'
export type { S3Server } from './s3-types.ts'
export { startS3 } from './start-s3.ts'
