import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { HttpError } from './http-error.ts'
import type { ServerLog } from './server-log.ts'

const TOLD: Readonly<Record<string, [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are larger than they may be'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The extensions of a chunk are larger than they may be'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long to come'],
}

/**
 * Answers what is no HTTP, in the form of every other answer, and closes the connection. Where an earlier request on it
 * still waits for its own answer, nothing is said: the client would take this one for it.
 */
export function answerClientErrors(server: Server, log: ServerLog): void {
  const unanswered = new WeakMap<Socket, Set<IncomingMessage>>()
  server.prependListener('request', (request, response) => {
    const requests = unanswered.get(request.socket) ?? new Set()
    unanswered.set(request.socket, requests.add(request))
    response.once('close', () => requests.delete(request))
  })
  server.removeAllListeners('clientError')
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return
    const [status, message] = TOLD[error.code ?? ''] ?? [400, 'This is no request in HTTP/1.1']
    log.info('no request', { from: socket.remoteAddress, status, code: error.code })
    const othersWait = [...(unanswered.get(socket) ?? [])].some(({ complete }) => complete)
    if (socket.writable && !othersWait)
      socket.write(answer(new HttpError(status, 'DEMETRA_REQUEST', message)))
    socket.destroy()
  })
}

function answer(error: HttpError): string {
  const { status } = error
  const body = JSON.stringify({ status, error: error.toJson() })
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  )
}
