import { expect, it } from 'vitest'
import { objectSource } from '../../src/object-store/object-source.ts'

const key = 'events/month=2016-01/00000005.ndjson.gz'

it.each([
  ['file:/var/archive', `/var/archive/${key}`],
  ['file:/var/why?/archive/', `/var/why?/archive/${key}`],
  ['s3://bucket', `s3://bucket/${key}`],
  ['s3://bucket/', `s3://bucket/${key}`],
  ['s3://bucket/the/archive', `s3://bucket/the/archive/${key}`],
  [
    's3://bucket/archive/?region=eu-central-1&endpoint=http://127.0.0.1:9000/x',
    `s3://bucket/archive/${key}?region=eu-central-1&endpoint=http://127.0.0.1:9000/x`,
  ],
])('names an object of %s as `import` takes it', (url, source) => {
  expect(objectSource(url, key)).toBe(source)
})
