/**
 * Entry point of the writer's thread: runs operations in the order in which they come, on a connection of its
 * own, so that the main thread reads and parses meanwhile. `null` ends it.
 */
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads'
import { Connection } from './sqlite/connection.ts'
import { failureOf, runTogether } from './sqlite/group-commit.ts'
import type { WriterReply, WriterRequest, WriterSettings } from './sqlite/writer-link.ts'

const { path, cacheBytes, waitMs } = workerData as WriterSettings
const port = parentPort as MessagePort
let connection: Connection | null = null
let isLast = false
/** Since the last answers. */
let taken: WriterRequest[] = []

/** A request that waits already, without giving up the turn; null: there is none, or it was the last. */
function next(): WriterRequest | null {
  const received: { message: WriterRequest | null } | undefined = receiveMessageOnPort(port)
  if (received?.message === null) isLast = true
  if (received?.message) taken.push(received.message)
  return received?.message ?? null
}

/** Its batch came in arrays that are this thread's now; left to the collector, tens of MiB of them would pile up. */
function free({ args }: WriterRequest): void {
  const { packed = {} } = (args ?? {}) as { packed?: object }
  for (const part of Object.values(packed))
    if (ArrayBuffer.isView(part)) (part.buffer as ArrayBuffer).transfer(0)
}

function answers(request: WriterRequest): WriterReply[] {
  try {
    // Waiting for other processes is up to SQLite: nothing else happens in this thread.
    connection ??= Connection.open(path, { cacheBytes, blockingWaitMs: waitMs })
  } catch (thrown) {
    return [failureOf(thrown, path)]
  }
  return runTogether(connection, request, next)
}

port.on('message', (request: WriterRequest | null) => {
  if (request === null) isLast = true
  else {
    taken = [request]
    for (const reply of answers(request)) port.postMessage(reply)
    taken.forEach(free)
  }
  if (!isLast) return
  connection?.close()
  port.close()
})
