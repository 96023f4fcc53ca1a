import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyReply } from 'fastify'
import type { Html } from './html.ts'

const compress = promisify(gzip)
/** A page of many tables is a third of a megabyte, and a twentieth of that packed. */
const LEVEL = 4

export async function sendPage(reply: FastifyReply, status: number, page: Html): Promise<FastifyReply> {
  void reply.code(status).type('text/html; charset=utf-8').header('vary', 'accept-encoding')
  if (!/\bgzip\b/u.test(String(reply.request.headers['accept-encoding']))) return reply.send(page.toString())
  const packed = await compress(page.toString(), { level: LEVEL })
  return reply.header('content-encoding', 'gzip').send(packed)
}
