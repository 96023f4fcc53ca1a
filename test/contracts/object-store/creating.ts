import { expect, test } from 'vitest'
import {
  bytes,
  create,
  expectContent,
  keysOf,
  noise,
  readAll,
  sha256,
  type ObjectStoreSuite,
} from './support.ts'

export function creatingTests(suite: ObjectStoreSuite): void {
  test('an object is there with exactly its bytes, for every process', async () => {
    const store = await suite.open()
    const pieces = [bytes('one '), bytes(''), bytes('two')]
    expect(await create(store, 'events/month=2016-01/00000001.ndjson.gz', ...pieces)).toBe('created')
    const other = await suite.open()
    await expectContent(other, 'events/month=2016-01/00000001.ndjson.gz', bytes('one two'))
  })

  test('an object of many pieces and megabytes, and an empty one', async () => {
    const store = await suite.open()
    const content = noise(7_000_003)
    const pieces = Array.from({ length: 8 }, (_, n) => content.subarray(n * 1_000_000, (n + 1) * 1_000_000))
    expect(await create(store, 'large', ...pieces)).toBe('created')
    await expectContent(store, 'large', content)
    expect(await create(store, 'empty')).toBe('created')
    await expectContent(store, 'empty', bytes(''))
    expect(await create(store, 'empty')).toBe('same')
  })

  test('the same content under a key that is taken is the same, other content changes nothing', async () => {
    const store = await suite.open()
    await create(store, 'a', bytes('content'))
    expect(await create(store, 'a', bytes('con'), bytes('tent'))).toBe('same')
    expect(await create(await suite.open(), 'a', bytes('CONTENT'))).toBe('different')
    expect(await create(store, 'a', bytes('longer content'))).toBe('different')
    expect(await create(store, 'a')).toBe('different')
    await expectContent(store, 'a', bytes('content'))
  })

  test('of those who race for a key one has created it, and its content stays', async () => {
    const stores = await Promise.all([suite.open(), suite.open()])
    const racers = Array.from({ length: 8 }, (_, n) => ({ n, content: noise(100_000 + n) }))
    const outcomes = await Promise.all(
      racers.map(async ({ n, content }) => create(stores[n % 2] ?? stores[0], 'raced', content)),
    )
    expect(outcomes.toSorted()).toEqual(['created', ...Array.from({ length: 7 }, () => 'different')])
    await expectContent(stores[0], 'raced', racers[outcomes.indexOf('created')]?.content ?? bytes(''))
  })

  test('of those who race with the same content one has created it, for the others it is the same', async () => {
    const stores = await Promise.all([suite.open(), suite.open()])
    const content = noise(100_000)
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, n) => create(stores[n % 2] ?? stores[0], 'raced', content)),
    )
    expect(outcomes.toSorted()).toEqual(['created', 'same', 'same', 'same', 'same', 'same'])
    await expectContent(stores[0], 'raced', content)
  })

  test('content that does not match its SHA-256 is refused, and nothing is stored', async () => {
    const store = await suite.open()
    const wrong = store.create('a', [bytes('content')], sha256(bytes('CONTENT')))
    await expect(wrong).rejects.toMatchObject({ code: 'DEMETRA_ARCHIVE_OBJECT', exitCode: 1 })
    expect(await readAll(store, 'a')).toBeNull()
    expect(await keysOf(store)).toEqual([])
    expect(await create(store, 'a', bytes('content'))).toBe('created')
  })

  test('a key that leads elsewhere, or is hidden, is a bug of the caller', async () => {
    const store = await suite.open()
    const keys = [
      '',
      '/a',
      'a/',
      'a//b',
      '../a',
      'a/../b',
      './a',
      '.a',
      'a/.b',
      'a\\b',
      'a\0',
      'a b',
      'é',
      'a\n',
    ]
    for (const key of keys) {
      await expect(create(store, key, bytes('x'))).rejects.toThrow('is no key')
    }
    expect(await keysOf(store)).toEqual([])
  })
}
