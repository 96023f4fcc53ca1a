import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { ObjectStore } from '../../../src/object-store/object-store.ts'

/** How the suite gets at an adapter. */
export interface ObjectStoreHarness {
  /** A place with nothing in it: each test has its own. Two stores that are opened there are two processes. */
  create(): Promise<ObjectPlace>
}

export interface ObjectPlace {
  open(): Promise<ObjectStore>
  /** Called once all stores are closed. */
  dispose(): Promise<void>
}

export interface ObjectStoreSuite {
  /** At the test's own place. */
  open(): Promise<ObjectStore>
  close(): Promise<void>
}

export function makeSuite(harness: ObjectStoreHarness): ObjectStoreSuite {
  let place: Promise<ObjectPlace> | null = null
  const opened: ObjectStore[] = []
  return {
    open: async () => {
      place ??= harness.create()
      const store = await (await place).open()
      opened.push(store)
      return store
    },
    close: async () => {
      for (const store of opened.splice(0)) await store.close()
      await (await place)?.dispose()
      place = null
    },
  }
}

export const bytes = (text: string): Buffer => Buffer.from(text)
export const sha256 = (...body: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256')
  for (const piece of body) hash.update(piece)
  return hash.digest()
}

/** That does not compress, and tells where each byte stood. */
export function noise(sizeBytes: number): Buffer {
  const content = Buffer.alloc(sizeBytes)
  for (let at = 0, x = 1; at < sizeBytes; at += 1) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0
    content[at] = x >>> 24
  }
  return content
}

export function create(
  store: ObjectStore,
  key: string,
  ...body: readonly Uint8Array[]
): Promise<'created' | 'same' | 'different'> {
  return store.create(key, body, sha256(...body))
}

export async function all<Item>(found: AsyncIterable<Item>): Promise<Item[]> {
  const items = []
  for await (const item of found) items.push(item)
  return items
}

/** All of an object; null where there is none. */
export async function readAll(store: ObjectStore, key: string): Promise<Buffer | null> {
  const found = await store.read(key)
  return found === null ? null : Buffer.concat(await all(found))
}

export async function expectContent(store: ObjectStore, key: string, content: Buffer): Promise<void> {
  // compared so, since a difference of megabytes is not to be printed
  expect((await readAll(store, key))?.equals(content)).toBe(true)
  expect(await store.head(key)).toMatchObject({ sizeBytes: content.length })
}

export async function keysOf(store: ObjectStore, prefix = ''): Promise<string[]> {
  return (await all(store.list(prefix))).map(({ key }) => key)
}
