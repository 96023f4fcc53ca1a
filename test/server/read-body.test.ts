import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { BytesInHand } from '../../src/server/bytes-in-hand.ts'
import { DEFAULT_LIMITS } from '../../src/server/limits.ts'
import { provenPieces } from '../../src/server/read-body.ts'

test('a packed body is unpacked again only as long as its client waits', async () => {
  const members = ['a', 'b', 'c'].map((text) => gzipSync(text))
  const socket = { destroyed: false }
  const request = Object.assign(Readable.from(members), { headers: { 'content-encoding': 'gzip' }, socket })
  const held = new BytesInHand(1000).hold()
  const pieces = provenPieces(request as unknown as IncomingMessage, DEFAULT_LIMITS, held)
  expect(String((await pieces.next()).value)).toBe('a')
  socket.destroyed = true
  await expect(pieces.next()).rejects.toMatchObject({ code: 'DEMETRA_REQUEST_ABORTED' })
})
