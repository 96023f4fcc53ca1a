import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What becomes of one request; bytes are counted in the body of its answer. */
export type HttpFault =
  /** The server never hears of it. */
  | { answer: number; code: string }
  /** It is carried out, but the connection breaks before its answer. */
  | 'lose answer'
  /** The connection breaks while the body is sent, after so many bytes of it. */
  | { resetUploadAt: number }
  | { resetAt: number }
  /** As `resetAt`, but the connection is closed in good order. */
  | { closeAt: number }
  /** Nothing more after so many bytes; the connection stays. */
  | { stallAt: number }
  /** As `stallAt`, but not even a status. */
  | 'no answer'
  | { flipAt: number }

/** Stands before an HTTP server, and hurts what one tells it to. */
export interface HttpProxy extends AsyncDisposable {
  readonly port: number
  /** Of all requests: method and path. */
  readonly seen: readonly string[]
  /** Answers whose connection was broken before their end, by whichever side. */
  readonly broken: number
  /** The next requests of this method meet these faults, one each; then all is well. */
  fail(method: string, ...faults: HttpFault[]): void
  /** Every request meets it, until the proxy is stopped. */
  failAlways(fault: HttpFault): void
  /** What each request from now on meets; `nth` of them, from 1. */
  meddle(choose: (method: string, path: string, nth: number) => HttpFault | undefined): void
  stop(): Promise<void>
}

export async function startHttpProxy(targetPort: number): Promise<HttpProxy> {
  const seen: string[] = []
  let broken = 0
  const waiting = new Map<string, HttpFault[]>()
  let always: HttpFault | undefined
  let choose = (_method: string, _path: string, _nth: number): HttpFault | undefined => undefined
  let meddledFrom = 0
  const server = createServer((incoming, outgoing) => {
    const method = incoming.method ?? ''
    seen.push(`${method} ${incoming.url ?? ''}`)
    const chosen = choose(method, incoming.url ?? '', seen.length - meddledFrom)
    const fault = chosen ?? always ?? waiting.get(method)?.shift()
    // what breaks off is what was asked for
    outgoing.once('close', () => (broken += outgoing.writableFinished ? 0 : 1))
    handle(targetPort, incoming, outgoing, fault).catch(() => outgoing.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    get broken() {
      return broken
    },
    fail: (method, ...faults) => void waiting.set(method, [...(waiting.get(method) ?? []), ...faults]),
    failAlways: (fault) => void (always = fault),
    meddle: (how) => {
      choose = how
      meddledFrom = seen.length
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function handle(
  port: number,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: HttpFault | undefined,
): Promise<void> {
  if (typeof fault === 'object' && 'resetUploadAt' in fault) return resetUpload(incoming, fault.resetUploadAt)
  const body = await buffer(incoming)
  if (fault === 'no answer') return
  if (typeof fault === 'object' && 'answer' in fault) {
    outgoing.writeHead(fault.answer, { 'content-type': 'application/xml' })
    outgoing.end(`<Error><Code>${fault.code}</Code><Message>as the test wants it</Message></Error>`)
    return
  }
  // the signature covers the header Host as the client wrote it
  const { method, url: path, rawHeaders: headers } = incoming
  const forwarded = request({ host: '127.0.0.1', port, method, path, headers, agent: false })
  forwarded.end(body)
  const [response] = (await once(forwarded, 'response')) as [IncomingMessage]
  const content = await buffer(response)
  if (fault === 'lose answer') return void outgoing.destroy()
  outgoing.writeHead(response.statusCode ?? 500, response.rawHeaders)
  if (fault === undefined) return void outgoing.end(content)
  if ('flipAt' in fault) content.writeUInt8(content.readUInt8(fault.flipAt) ^ 1, fault.flipAt)
  if ('flipAt' in fault) return void outgoing.end(content)
  const [bytes = 0] = Object.values(fault)
  outgoing.flushHeaders()
  await new Promise((resolve) => outgoing.write(content.subarray(0, bytes), resolve))
  if ('resetAt' in fault) outgoing.socket?.resetAndDestroy()
  if ('closeAt' in fault) outgoing.socket?.end()
}

async function resetUpload(incoming: IncomingMessage, bytes: number): Promise<void> {
  let have = 0
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    have += piece.length
    if (have >= bytes) break
  }
  incoming.socket.resetAndDestroy()
}
