import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ArchiveLock } from '../../src/archive/archive-lock.ts'
import { readBytes, readManifest } from '../../src/event-log/archive-object.ts'
import { intentOf } from '../../src/archive/segment-steps.ts'
import { formatUuid } from '../../src/event/uuid.ts'
import type { DamageCode, Proof } from '../../src/verify/proof.ts'
import { verifyArchive } from '../../src/verify/verify-archive.ts'
import { forEachStore } from './stores.ts'
import { pastEvents, Place } from './place.ts'

const SEGMENT_2 = 'events/month=2016-01/00000002.ndjson.gz'
const MANIFEST_2 = 'manifests/00000002.json'

forEachStore('verify', (create) => {
  let place: Place
  beforeEach(async () => {
    place = await Place.open(await create())
    await place.store.append(pastEvents(1, 120))
    await place.archive({ maxSegments: 3 })
  })
  afterEach(() => place.close())

  async function proofs(): Promise<{ quick: Proof; deep: Proof }> {
    const { store, objects } = place
    const quick = await verifyArchive({ store, objects, deep: false })
    return { quick, deep: await verifyArchive({ store, objects, deep: true }) }
  }

  async function expectDamage(code: DamageCode, more: object, found: 'by both' | 'deep'): Promise<void> {
    const { quick, deep } = await proofs()
    expect(quick.damages).toEqual(found === 'deep' ? [] : [expect.objectContaining({ code, ...more })])
    expect(deep.damages).toEqual([expect.objectContaining({ code, ...more })])
  }

  const pathOf = (key: string): string => join(place.folder, 'archive', key)

  test('finds nothing where nothing is wrong', async () => {
    const { quick, deep } = await proofs()
    expect(quick).toMatchObject({ damages: [], orphans: [], running: null, segments: { segments: 3 } })
    expect(deep).toMatchObject({ damages: [], broughtBack: 0, liveEvents: 120 - deep.segments.events })
  })

  test('finds an object that is not there, one that was cut, and one with a flipped byte', async () => {
    renameSync(pathOf(SEGMENT_2), join(place.folder, 'away'))
    await expectDamage('object-missing', { segment: 2, key: SEGMENT_2 }, 'by both')
    renameSync(join(place.folder, 'away'), pathOf(SEGMENT_2))

    const whole = readFileSync(pathOf(SEGMENT_2))
    truncateSync(pathOf(SEGMENT_2), whole.length - 1)
    await expectDamage('object-damaged', { segment: 2 }, 'by both')
    const flipped = Buffer.from(whole)
    flipped[100]! ^= 1
    writeFileSync(pathOf(SEGMENT_2), flipped)
    await expectDamage('object-damaged', { segment: 2 }, 'deep')
  })

  test('finds a manifest that is not there, was changed, or is another one', async () => {
    const text = readFileSync(pathOf(MANIFEST_2), 'utf8')
    rmSync(pathOf(MANIFEST_2))
    await expectDamage('manifest-missing', { segment: 2 }, 'by both')
    writeFileSync(pathOf(MANIFEST_2), text.replace('"number":2', '"number":4'))
    await expectDamage('manifest-damaged', { segment: 2 }, 'by both')
    writeFileSync(pathOf(MANIFEST_2), readFileSync(pathOf('manifests/00000003.json')))
    await expectDamage('manifest-differs', { segment: 2 }, 'by both')
  })

  test('finds what is not on record, and says of a segment that the store is older', async () => {
    const body = [Buffer.from('who put this here?')]
    const sha256 = createHash('sha256').update(body[0]!).digest()
    await place.objects.create('events/notes.txt', body, sha256)
    await expectDamage('object-unknown', { key: 'events/notes.txt' }, 'by both')
    rmSync(pathOf('events/notes.txt'))
    await place.objects.create('manifests/00000009.json', body, sha256)
    const mend = expect.stringContaining('demetra restore --catalogue') as string
    await expectDamage('object-unknown', { key: 'manifests/00000009.json', mend }, 'by both')
  })

  test('finds the archive of another store', async () => {
    const root = join(place.folder, 'archive', 'archive.json')
    renameSync(root, `${root}.away`)
    const { quick } = await proofs()
    expect(quick.damages.map(({ code }) => code)).toEqual(['archive-root'])
  })

  test('lists what is unfinished, and not while it is under way', async () => {
    const manifest = await readManifest(place.objects, 2)
    const lock = await ArchiveLock.take(place.store.leases)
    await place.store.catalogue.begin(intentOf(manifest!), lock.fence)
    const { quick } = await proofs()
    expect(quick).toMatchObject({ damages: [], running: expect.stringContaining('process') as string })
    await lock.release()
    await expectDamage('unfinished', { segment: 4 }, 'by both')
  })

  test('lists what lies under a number that was abandoned', async () => {
    // a segment as a run that was killed leaves it
    const body = await readBytes(place.objects, 'events/month=2016-01/00000001.ndjson.gz')
    const key = 'events/month=2016-01/00000004.ndjson.gz'
    await place.objects.create(key, [body!], createHash('sha256').update(body!).digest())
    await place.archive()
    const { quick, deep } = await proofs()
    expect(quick).toMatchObject({
      damages: [],
      orphans: [
        {
          number: 4,
          reason: expect.stringContaining('other content lies under'),
          objects: [{ key, sizeBytes: body!.length }],
        },
      ],
    })
    expect(deep.damages).toEqual([])
  })

  test('finds an event that is gone, one that was changed, and live ones that were', async () => {
    const [gone, changed, live] = [
      pastEvents(1, 1)[0]!.id,
      pastEvents(2, 1)[0]!.id,
      pastEvents(120, 1)[0]!.id,
    ]
    await meddle(place.storeUrl, gone, changed, live)
    const { quick, deep } = await proofs()
    const missing = { code: 'event-missing', segment: 1, events: 1, ids: [formatUuid(gone)] }
    const differs = { code: 'event-differs', segment: 1, events: 1, ids: [formatUuid(changed)] }
    expect(quick.damages).toEqual([expect.objectContaining(missing), expect.objectContaining(differs)])
    expect(deep.damages).toEqual([
      expect.objectContaining(missing),
      expect.objectContaining(differs),
      expect.objectContaining({ code: 'live-damaged', events: 1, ids: [formatUuid(live)] }),
    ])
  })
})

/** As somebody does who writes into the database by hand. */
async function meddle(url: string, gone: Uint8Array, changed: Uint8Array, live: Uint8Array): Promise<void> {
  if (url.startsWith('sqlite:')) {
    const db = new DatabaseSync(url.slice('sqlite:'.length))
    db.prepare('DELETE FROM tombstones WHERE id = ?').run(gone)
    db.prepare('UPDATE tombstones SET digest = zeroblob(16) WHERE id = ?').run(changed)
    db.prepare(`UPDATE events SET payload = '{"n":0}' WHERE id = ?`).run(live)
    db.close()
    return
  }
  await using client = new MongoClient(url)
  const { Binary } = await import('mongodb')
  const events = client.db().collection<{ _id: InstanceType<typeof Binary> }>('events')
  const idOf = (bytes: Uint8Array) => ({ _id: new Binary(bytes, Binary.SUBTYPE_UUID) })
  await events.deleteOne(idOf(gone))
  await events.updateOne(idOf(changed), { $set: { digest: new Binary(new Uint8Array(16)) } })
  await events.updateOne(idOf(live), { $set: { payload: { n: 0 } } })
}
