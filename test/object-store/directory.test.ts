import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openObjectStore } from '../../src/object-store/open.ts'
import { temporaryFolder } from '../cli/demetra.ts'
import { objectStoreContract } from '../contracts/object-store.contract.ts'
import {
  all,
  bytes,
  create,
  expectContent,
  keysOf,
  noise,
  readAll,
} from '../contracts/object-store/support.ts'
import { canMount, SmallDisk } from '../servers/small-disk.ts'

objectStoreContract('a directory', {
  create: async () => {
    const folder = temporaryFolder()
    return {
      open: () => openObjectStore(`file:${join(folder.path, 'archive')}`),
      dispose: async () => folder[Symbol.dispose](),
    }
  },
})

describe('an archive in a directory', () => {
  test('makes its folder with the first object, and no sooner', async () => {
    using folder = temporaryFolder()
    const root = join(folder.path, 'deep', 'archive')
    const store = await openObjectStore(`file://${root}`)
    expect(store.url).toBe(`file:${root}`)
    await store.head('a')
    await readAll(store, 'a')
    await keysOf(store)
    expect(existsSync(join(folder.path, 'deep'))).toBe(false)
    expect(await create(store, 'b/a', bytes('x'))).toBe('created')
    expect(readdirSync(join(root, 'b'))).toEqual(['a'])
  })

  test('does not list what a killed run has left, and removes it a day later', async () => {
    using folder = temporaryFolder()
    const old = join(folder.path, '.a.1.unfinished')
    const young = join(folder.path, '.a.2.unfinished')
    for (const path of [old, young]) writeFileSync(path, 'half')
    const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600
    utimesSync(old, twoDaysAgo, twoDaysAgo)
    const store = await openObjectStore(`file:${folder.path}`)
    expect(await keysOf(store)).toEqual([])
    expect(await create(store, 'a', bytes('x'))).toBe('created')
    expect(await keysOf(store)).toEqual(['a'])
    expect(existsSync(old)).toBe(false)
    expect(existsSync(young)).toBe(true)
  })

  test('leaves nothing half done where the content is refused', async () => {
    using folder = temporaryFolder()
    const store = await openObjectStore(`file:${folder.path}`)
    await expect(store.create('a', [bytes('x')], new Uint8Array(32))).rejects.toThrow('SHA-256')
    expect(readdirSync(folder.path)).toEqual([])
  })

  test('may lie behind a link, and takes a folder under a key for no object', async () => {
    using folder = temporaryFolder()
    mkdirSync(join(folder.path, 'elsewhere', 'a'), { recursive: true })
    symlinkSync(join(folder.path, 'elsewhere'), join(folder.path, 'archive'))
    const store = await openObjectStore(`file:${join(folder.path, 'archive')}`)
    expect(await create(store, 'a', bytes('x'))).toBe('different')
    expect(await create(store, 'b', bytes('x'))).toBe('created')
    expect(await keysOf(store)).toEqual(['b'])
  })

  test('an object that is cut short while it is read is an error', async () => {
    using folder = temporaryFolder()
    const store = await openObjectStore(`file:${folder.path}`)
    await create(store, 'a', noise(1_000_000))
    const pieces = await store.read('a')
    writeFileSync(join(folder.path, 'a'), 'short')
    if (pieces === null) throw new Error('it is there')
    await expect(all(pieces)).rejects.toMatchObject({ code: 'DEMETRA_ARCHIVE_OBJECT' })
  })

  test('a file where a folder should be is named', async () => {
    using folder = temporaryFolder()
    const root = join(folder.path, 'archive')
    writeFileSync(root, '')
    const store = await openObjectStore(`file:${root}`)
    const noFolder = { code: 'DEMETRA_ARCHIVE_NO_FOLDER', exitCode: 1 }
    await expect(create(store, 'a', bytes('x'))).rejects.toMatchObject(noFolder)
    await expect(create(store, 'b/a', bytes('x'))).rejects.toMatchObject(noFolder)
    await expect(store.head('a')).rejects.toMatchObject(noFolder)
    await expect(store.read('a')).rejects.toMatchObject(noFolder)
    await expect(keysOf(store)).rejects.toThrow(root)
  })

  test('a full disk is a temporary trouble, and what was there stays', async () => {
    if (!canMount()) return
    using folder = temporaryFolder()
    using disk = new SmallDisk(folder.path, '1m')
    const store = await openObjectStore(`file:${disk.path}`)
    await create(store, 'a', bytes('small'))
    await expect(create(store, 'b', noise(2_000_000))).rejects.toMatchObject({
      code: 'DEMETRA_ARCHIVE_FULL',
      exitCode: 5,
    })
    expect(readdirSync(disk.path)).toEqual(['a'])
    disk.resize('4m')
    expect(await create(store, 'b', noise(2_000_000))).toBe('created')
    await expectContent(store, 'a', bytes('small'))
  })

  test('a folder that may not be written is named, with what to do', async () => {
    using folder = temporaryFolder()
    chmodSync(folder.path, 0o555)
    const module = join(import.meta.dirname, '..', '..', 'src', 'object-store', 'open.ts')
    const script = `
      import { createHash } from 'node:crypto'
      import { openObjectStore } from ${JSON.stringify(module)}
      if (process.getuid() === 0) process.setuid(65534)
      const store = await openObjectStore('file:' + ${JSON.stringify(folder.path)})
      const error = await store.create('a', [], createHash('sha256').digest()).catch((error) => error)
      console.log(error.code, error.exitCode)`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
    })
    chmodSync(folder.path, 0o755)
    expect(stdout).toBe('DEMETRA_ARCHIVE_RIGHTS 1\n')
  })

  test('a URL that is none is a usage error', async () => {
    for (const url of ['archive', 'ftp://u:secret@h/d', 'file:', '']) {
      await expect(openObjectStore(url)).rejects.toMatchObject({ code: 'DEMETRA_ARCHIVE_URL', exitCode: 2 })
      await expect(openObjectStore(url)).rejects.not.toThrow(/secret/u)
    }
  })
})
