import { expect, it } from 'vitest'
import { redactSecrets, redactUrl } from '../../src/text/redact.ts'

it.each([
  ['mongodb://ann:s3cret@db.example/demetra', 'mongodb://***@db.example/demetra'],
  ['mongodb+srv://ann@db.example', 'mongodb+srv://***@db.example'],
  ['postgres://u:p@ss@h/db', 'postgres://***@h/db'],
  ['mongodb://ann:it\'s `p<a>s"s@h/db', 'mongodb://***@h/db'],
  [
    'postgres://h/db?user=u&password=p&sslmode=require',
    'postgres://h/db?user=u&password=***&sslmode=require',
  ],
  [
    's3://bucket/p?accessKeyId=A&secretAccessKey=B&region=eu',
    's3://bucket/p?accessKeyId=***&secretAccessKey=***&region=eu',
  ],
  ['sqlite:/srv/demetra.db', 'sqlite:/srv/demetra.db'],
  ['file:archive', 'file:archive'],
  [
    'sqlite:demetra_k3v7q2xa_0aB-_6789012345678901234567890123456789012Q.db',
    'sqlite:demetra_k3v7q2xa_***.db',
  ],
  ['http://h/?a=1#DEMETRA_k3v7q2xa_0aB-_678901234567890123', 'http://h/?a=1#DEMETRA_k3v7q2xa_***'],
  ['sqlite:demetra_segments_by_number.db', 'sqlite:demetra_segments_by_number.db'],
])('%s is shown as %s', (url, shown) => expect(redactUrl(url)).toBe(shown))

it('finds them anywhere in a text', () => {
  expect(redactSecrets("Cannot reach 'redis://:pw@h:1' or http://a:b@c, says ann@example.org")).toBe(
    "Cannot reach 'redis://***@h:1' or http://***@c, says ann@example.org",
  )
  expect(redactSecrets("'mongodb://ann:it's%22@h/db' refused")).toBe("'mongodb://***@h/db' refused")
})
