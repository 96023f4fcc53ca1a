/** Entry point of the thread that unpacks blocks: see block-thread.ts. `null` ends it. */
import { parentPort, type MessagePort } from 'node:worker_threads'
import type { ThreadReply, ThreadRequest } from './block-thread.ts'
import { largeBuffers } from './line-table.ts'
import { BlockDamage, unpackHere } from './unpack-blocks.ts'
import { valueBuffers } from './value-table.ts'

const port = parentPort as MessagePort

function answer({ bytes, ...request }: ThreadRequest): [ThreadReply, ArrayBuffer[]] {
  try {
    const lines = unpackHere(bytes, request)
    return [{ lines }, [...largeBuffers(lines), ...valueBuffers(lines.values)]]
  } catch (error) {
    return [error instanceof BlockDamage ? { damage: error.message } : { bug: error as Error }, []]
  }
}

port.on('message', (request: ThreadRequest | 'ready?' | null) => {
  if (request === null) port.close()
  else if (request === 'ready?') port.postMessage('ready' satisfies ThreadReply)
  else port.postMessage(...answer(request))
})
