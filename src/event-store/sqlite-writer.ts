/**
 * Entry point of the writer's thread: runs operations one after the other on a connection of its own, so
 * that the main thread reads and parses meanwhile. `null` ends it.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { DemetraError } from '../errors.ts'
import { Connection } from './sqlite/connection.ts'
import { storeError } from './sqlite/errors.ts'
import { type OperationArguments, type OperationName, runOperation } from './sqlite/operations.ts'
import type { WriterReply, WriterRequest, WriterSettings } from './sqlite/writer-link.ts'

const { path, cacheBytes, waitMs } = workerData as WriterSettings
let connection: Connection | null = null

function answer({ name, args, now }: WriterRequest): WriterReply {
  try {
    // Waiting for other processes is up to SQLite: nothing else happens in this thread.
    connection ??= Connection.open(path, { cacheBytes, blockingWaitMs: waitMs })
    return { result: runOperation(connection, name, args as OperationArguments<OperationName>, now) }
  } catch (thrown) {
    const error = storeError(thrown, path)
    if (!(error instanceof DemetraError))
      return { bug: error instanceof Error ? error : new Error(String(error)) }
    const { message, code, exitCode, hints, context } = error
    return {
      failure: {
        message,
        options: { code: code as `DEMETRA_${string}`, exitCode: exitCode, hints, context },
      },
    }
  }
}

parentPort?.on('message', (request: WriterRequest | null) => {
  if (request !== null) {
    parentPort?.postMessage(answer(request))
    return
  }
  connection?.close()
  parentPort?.close()
})
