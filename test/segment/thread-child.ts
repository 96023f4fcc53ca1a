/** Starts a thread, has it unpack a block, and comes to its end: the thread is still there then. */
import { BlockThread } from '../../src/segment/block-thread.ts'
import { plainEvents, write } from './support.ts'

const { manifest, bytes } = await write(plainEvents(2000))
const [block] = manifest.blocks
if (block === undefined) throw new Error('a block')
const thread = new BlockThread(2 ** 31 - 1)
await thread.start()
const { offset, length, textBytes, crc32, events } = block
const { lines } = await thread.unpack(bytes.subarray(offset, offset + length), {
  textBytes,
  crc32,
  events,
  choice: null,
})
console.log(String(thread.isReady), String(lines === events))
