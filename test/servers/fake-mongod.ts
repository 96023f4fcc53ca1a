import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { BSON, type Document } from 'mongodb'

const OP_MSG = 2013
const HEADER_BYTES = 16
/** Flags, and the kind of the one section. */
const HEAD_BYTES = HEADER_BYTES + 5

/** A server that answers whatever is asked with `document`: for versions that cannot be had to be run. */
export async function startFakeMongod(document: Document): Promise<{ port: number } & Disposable> {
  const body = BSON.serialize({ ok: 1, ...document })
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let received = Buffer.of()
    socket
      .on('data', (bytes: Buffer) => {
        received = Buffer.concat([received, bytes])
        while (received.length >= HEADER_BYTES && received.length >= received.readInt32LE(0)) {
          socket.write(answer(received.readInt32LE(4), body))
          received = received.subarray(received.readInt32LE(0))
        }
      })
      .on('error', () => undefined)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function answer(to: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeInt32LE(HEAD_BYTES + body.length, 0)
  head.writeInt32LE(to, 8)
  head.writeInt32LE(OP_MSG, 12)
  return Buffer.concat([head, body])
}
