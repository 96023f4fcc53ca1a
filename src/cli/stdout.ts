/** Thrown out of a write when the reader of standard output is gone (`| head`): a quiet end, not a failure. */
export class StdoutClosed extends Error {
  override readonly name = 'StdoutClosed'
}

let closed = false
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  closed = true
})

/** Writes to standard output and waits until it takes more, so that memory stays bounded. */
export async function writeStdout(chunk: string | Uint8Array): Promise<void> {
  if (closed) throw new StdoutClosed()
  if (process.stdout.write(chunk)) return
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error): void => {
      process.stdout.off('drain', onDrain)
      process.stdout.off('close', onClose)
      process.stdout.off('error', onClose)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onDrain = (): void => settle()
    const onClose = (): void => settle(new StdoutClosed())
    process.stdout.on('drain', onDrain)
    process.stdout.on('close', onClose)
    process.stdout.on('error', onClose)
  })
}
