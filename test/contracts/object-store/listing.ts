import { expect, test } from 'vitest'
import { all, bytes, create, keysOf, type ObjectStoreSuite } from './support.ts'

/** S3 answers with a thousand keys at a time. */
const MANY = 1003

export function listingTests(suite: ObjectStoreSuite): void {
  test('objects are listed by key, with sizes, folders among files', async () => {
    const store = await suite.open()
    const keys = ['b', 'a/z', 'a-b', 'a.b', 'a=b', 'a/b/c', 'A', 'a0', 'a/B', 'archive.json']
    for (const key of keys) await create(store, key, bytes(key))
    const expected = ['A', 'a-b', 'a.b', 'a/B', 'a/b/c', 'a/z', 'a0', 'a=b', 'archive.json', 'b']
    expect(await all(store.list(''))).toEqual(expected.map((key) => ({ key, sizeBytes: key.length })))
    expect(await keysOf(store, 'a/')).toEqual(['a/B', 'a/b/c', 'a/z'])
    expect(await keysOf(store, 'a/b/')).toEqual(['a/b/c'])
    expect(await keysOf(store, 'none/')).toEqual([])
  })

  test('more objects than fit in one answer', async () => {
    const store = await suite.open()
    const keys = Array.from({ length: MANY }, (_, n) => `manifests/${String(n).padStart(8, '0')}.json`)
    for (let from = 0; from < MANY; from += 50) {
      await Promise.all(keys.slice(from, from + 50).map((key) => create(store, key, bytes('{}'))))
    }
    expect(await keysOf(store, 'manifests/')).toEqual(keys)
  })

  test('a prefix that is none is a bug of the caller', async () => {
    const store = await suite.open()
    for (const prefix of ['a', '/', '../', 'a//', './', 'a/../']) {
      await expect(keysOf(store, prefix)).rejects.toThrow(/is no (?:prefix|key)/u)
    }
  })
}
