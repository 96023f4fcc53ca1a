import { afterAll, beforeAll, beforeEach, vi } from 'vitest'
import { openObjectStore } from '../../src/object-store/open.ts'
import { objectStoreContract } from '../contracts/object-store.contract.ts'
import {
  describeWithMinio,
  describeWithVersitygw,
  S3_ENVIRONMENT,
  startS3,
  type S3Server,
} from '../servers/s3.ts'

function contractOn(kind: 'versitygw' | 'minio'): void {
  let server: S3Server
  beforeAll(async () => {
    server = await startS3(kind)
  })
  afterAll(() => server.stop())
  beforeEach(() => {
    for (const [name, value] of Object.entries(S3_ENVIRONMENT)) vi.stubEnv(name, value)
  })
  objectStoreContract(kind, {
    create: async () => {
      const url = server.url(await server.createBucket(), 'the/archive')
      return { open: () => openObjectStore(url), dispose: async () => {} }
    },
  })
}

describeWithVersitygw('an archive in versitygw', () => contractOn('versitygw'))
describeWithMinio('an archive in MinIO', () => contractOn('minio'))
