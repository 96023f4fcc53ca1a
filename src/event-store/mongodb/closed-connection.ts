import { Connection } from 'mongodb/lib/cmap/connection.js'

/**
 * Ends what waits for a closed connection to take its bytes. The driver (7.9) hears of `drain` and `error` there, and of
 * neither once a connection was closed beneath it; no time-out of its own ends that wait, so that the call never came to
 * an end, nor what waits behind it.
 */
export function endWaitsWhenClosed(): void {
  const { writeCommand } = Connection.prototype
  if (writeCommand === writeOrFail) return
  driverWrite = writeCommand
  Connection.prototype.writeCommand = writeOrFail
}

let driverWrite: Connection['writeCommand']

async function writeOrFail(this: Connection, ...given: unknown[]): Promise<void> {
  const { promise: closed, reject } = Promise.withResolvers<never>()
  const onClose = (): void => reject(this.error ?? new Error('the connection was closed'))
  this.once('close', onClose)
  try {
    await Promise.race([driverWrite.apply(this, given), closed])
  } finally {
    this.off('close', onClose)
  }
}
