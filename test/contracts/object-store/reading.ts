import { expect, test } from 'vitest'
import { bytes, create, keysOf, noise, readAll, type ObjectStoreSuite } from './support.ts'

export function readingTests(suite: ObjectStoreSuite): void {
  test('where nothing was ever written nothing is found, and nothing is made', async () => {
    const store = await suite.open()
    expect(await store.head('archive.json')).toBeNull()
    expect(await store.read('archive.json')).toBeNull()
    expect(await keysOf(store)).toEqual([])
    await expect(store.readRange('archive.json', 0, 1)).rejects.toMatchObject({
      code: 'DEMETRA_ARCHIVE_OBJECT',
    })
  })

  test('an object beside others that is not there', async () => {
    const store = await suite.open()
    await create(store, 'events/a', bytes('x'))
    expect(await store.head('events/b')).toBeNull()
    expect(await store.head('events')).toBeNull()
    expect(await store.read('events')).toBeNull()
    expect(await readAll(store, 'events/a.b')).toBeNull()
  })

  test('a range is exactly what was asked for', async () => {
    const store = await suite.open()
    const content = noise(3_000_000)
    await create(store, 'a', content)
    const ranges = [
      [0, 1],
      [0, 3_000_000],
      [2_999_999, 1],
      [1_234_567, 1_000_001],
    ] as const
    for (const [offset, lengthBytes] of ranges) {
      const found = await store.readRange('a', offset, lengthBytes)
      expect(content.subarray(offset, offset + lengthBytes).equals(found)).toBe(true)
    }
  })

  test('a range beyond the end is an error, with how much there is', async () => {
    const store = await suite.open()
    await create(store, 'a', bytes('content'))
    const short = { code: 'DEMETRA_ARCHIVE_OBJECT', exitCode: 1 }
    await expect(store.readRange('a', 3, 5)).rejects.toMatchObject(short)
    await expect(store.readRange('a', 3, 5)).rejects.toThrow(/8 bytes were expected and 7 are there/u)
    await expect(store.readRange('a', 7, 1)).rejects.toMatchObject(short)
    await expect(store.readRange('a', 700, 1)).rejects.toMatchObject(short)
  })

  test('pieces of an object may be kept, and a reader may stop early', async () => {
    const store = await suite.open()
    const content = noise(2_000_000)
    await create(store, 'a', content)
    for (let n = 0; n < 60; n += 1) {
      for await (const piece of (await store.read('a')) ?? []) {
        expect(content.subarray(0, piece.length).equals(piece)).toBe(true)
        break
      }
    }
    expect((await readAll(store, 'a'))?.equals(content)).toBe(true)
  })

  test('many may read at the same time', async () => {
    const store = await suite.open()
    const content = noise(300_000)
    await create(store, 'a', content)
    const found = await Promise.all(Array.from({ length: 70 }, () => readAll(store, 'a')))
    expect(found.every((read) => read?.equals(content))).toBe(true)
  })
}
