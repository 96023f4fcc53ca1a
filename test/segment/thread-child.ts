/** Starts a thread, has a block unpacked, and comes to its end: the thread, where there is one, is still there then. */
import { BlockThread } from '../../src/segment/block-thread.ts'
import { plainEvents, write } from './support.ts'

const { manifest, bytes } = await write(plainEvents(2000))
const [block] = manifest.blocks
if (block === undefined) throw new Error('a block')
const thread = new BlockThread(2 ** 31 - 1)
const isThere = await thread.start()
const packed = bytes.subarray(block.offset, block.offset + block.length)
const { count } = await thread.unpack(packed, { blocks: [block], choice: null, isDecoded: false })
console.log(isThere ? 'a thread' : 'no thread', count === block.events ? 'all lines' : 'not all lines')
