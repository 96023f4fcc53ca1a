import { randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'

export interface Load {
  /** Acknowledged as stored. */
  events: number
  seconds: number
  /** Of each request, sorted. */
  latenciesMs: number[]
}

/**
 * Posts single events over `connections` connections, each the next one when the one before is answered, for
 * `seconds`. Bare sockets: the machine's time is for the server.
 */
export async function postLoad(url: string, connections: number, seconds: number): Promise<Load> {
  const { hostname, port } = new URL(url)
  const latenciesMs: number[] = []
  const startedAt = performance.now()
  const endsAt = startedAt + seconds * 1000
  const run = async (): Promise<void> => {
    const socket = connect(Number(port), hostname).setNoDelay()
    while (performance.now() < endsAt) {
      const sentAt = performance.now()
      await exchange(socket, request())
      latenciesMs.push(performance.now() - sentAt)
    }
    socket.destroy()
  }
  await Promise.all(Array.from({ length: connections }, run))
  return {
    events: latenciesMs.length,
    seconds: (performance.now() - startedAt) / 1000,
    latenciesMs: latenciesMs.toSorted((a, b) => a - b),
  }
}

let n = 0

/** An event of about 400 bytes; an aggregate has five. */
function request(): string {
  n += 1
  const aggregate = `purchase/${Math.floor(n / 5)}`
  const body =
    `{"id":"${randomUUID()}","meta":{"service":"core","type":"payment-completed","created_at":"${new Date().toISOString()}",` +
    `"aggregate_id":"${aggregate}","correlation_id":"customer/${n % 5000}"},"payload":{"amount":"${n % 1000}.0000/EUR",` +
    `"method":"card","country":"IT","note":"lorem ipsum dolor sit amet","lines":[1,2,3],"reference":"ref-${n}"}}`
  return (
    `POST /events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer bench\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`
  )
}

/** Throws where the event was not stored. */
function exchange(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('data', (answer: Buffer) => {
      socket.off('error', reject)
      const status = answer.toString('latin1', 0, 12)
      if (status === 'HTTP/1.1 200') resolve()
      else reject(new Error(answer.toString('utf8')))
    })
    socket.write(text)
  })
}
