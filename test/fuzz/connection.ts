import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

export interface Answer {
  status: number
  /** As it came, without the line of the status. */
  head: string
  body: string
}

/** As long as no answer takes, so that a server which hangs is found out. */
const PATIENCE_MS = 60_000

/** A keep-alive connection that sends whatever bytes it is given, and cuts answers out of what comes back. */
export class Connection {
  readonly #socket: Socket
  #received: Buffer = Buffer.of()
  #isClosed = false
  #wake: () => void = () => undefined
  #isLast = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer')))
    socket.on('data', (piece: Buffer) => {
      this.#received = this.#received.length === 0 ? piece : Buffer.concat([this.#received, piece])
      this.#wake()
    })
    socket.on('error', (error) => {
      if (error.message === 'no answer') this.hangs = true
    })
    socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  /** Nothing came for a minute. */
  hangs = false

  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return new Connection(socket)
  }

  /** Nothing can be sent any more, or the server has said that it closes it. */
  get isClosed(): boolean {
    return this.#isLast || this.#isClosed || this.#socket.destroyed
  }

  /** `pieces`: in so many parts, each with a turn of its own. */
  async send(bytes: Buffer, pieces = 1): Promise<void> {
    const size = Math.max(1, Math.ceil(bytes.length / pieces))
    for (let at = 0; at < bytes.length && !this.isClosed; at += size) {
      this.#socket.write(bytes.subarray(at, at + size))
      if (pieces > 1) await nextTurn()
    }
  }

  /** Nothing more is sent. */
  end(): void {
    this.#socket.end()
  }

  cut(): void {
    this.#socket.destroy()
  }

  /** The next answer; null: the connection ended before its end. `isToHead`: it has no body, whatever it says. */
  async answer(isToHead = false): Promise<Answer | null> {
    for (;;) {
      const answer = this.#take(isToHead)
      if (answer !== null) {
        this.#isLast ||= /^connection: *close/imu.test(answer.head)
        if (answer.status >= 200) return answer
      } else {
        if (this.#isClosed) return null
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    }
  }

  #take(isToHead: boolean): Answer | null {
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd === -1) return null
    const head = this.#received.toString('latin1', 0, headEnd)
    const status = Number(head.slice(9, 12))
    const bodyAt = headEnd + 4
    const withoutBody = isToHead || status < 200 || status === 204 || status === 304
    const length = withoutBody ? 0 : Number(/^content-length: *(\d+)/imu.exec(head)?.[1] ?? Number.NaN)
    if (Number.isNaN(length)) return this.#takeRest(status, head, bodyAt)
    if (this.#received.length < bodyAt + length) return null
    const body = this.#received.toString('utf8', bodyAt, bodyAt + length)
    this.#received = this.#received.subarray(bodyAt + length)
    return { status, head: head.slice(head.indexOf('\r\n') + 1), body }
  }

  /** A body without a length: in chunks, or up to the end of the connection. */
  #takeRest(status: number, head: string, bodyAt: number): Answer | null {
    if (!/^transfer-encoding: *chunked/imu.test(head)) {
      if (!this.#isClosed) return null
      const body = this.#received.toString('utf8', bodyAt)
      this.#received = Buffer.of()
      return { status, head, body }
    }
    const end = this.#received.indexOf('0\r\n\r\n', bodyAt)
    if (end === -1) return null
    const body = this.#received.toString('utf8', bodyAt, end)
    this.#received = this.#received.subarray(end + 5)
    return { status, head, body }
  }
}
