import { DemetraError, EXIT } from '../../errors.ts'
import { positionTimeMs } from '../../event/position.ts'
import type { Hello } from './database.ts'

/** How far the server's clock may be from the positions it gives. */
const TOLERANCE_SECONDS = 60
/** Where a second has so many positions already, too few are left of it. */
const LAST_ORDINAL = 2 ** 30

/**
 * @param highest the highest position ever given
 * @throws DemetraError DEMETRA_CLOCK_BEHIND or DEMETRA_CLOCK_AHEAD, exit 5
 */
export function checkClock(
  hello: Pick<Hello, 'localTime' | 'setName' | 'msg' | '$clusterTime'>,
  highest: bigint,
): void {
  const nowSeconds = Math.floor(hello.localTime.getTime() / 1000)
  const highestSeconds = Math.floor(positionTimeMs(highest) / 1000)
  const standalone = hello.setName === undefined && hello.msg === undefined
  const behind = highestSeconds - nowSeconds
  // a standalone server knows nothing of the time it gave before its last start: its positions would turn over
  if (behind > (standalone ? 0 : TOLERANCE_SECONDS)) {
    throw clockBehind(hello, highest)
  }
  const cluster = hello.$clusterTime?.clusterTime
  if (cluster === undefined) return
  const ahead = cluster.t - nowSeconds
  if (ahead <= TOLERANCE_SECONDS && cluster.i <= LAST_ORDINAL) return
  const why =
    ahead > TOLERANCE_SECONDS
      ? `is ${ahead} seconds ahead of the server's clock (${hello.localTime.toISOString()})`
      : `has used up its second: ${cluster.i} times were given in it`
  throw new DemetraError(
    `The cluster time of the MongoDB servers ${why}: a clock was stepped, or is wrong on one of them`,
    {
      code: 'DEMETRA_CLOCK_AHEAD',
      exitCode: EXIT.temporary,
      hints: ['Put the clocks of all members right; cluster time goes on with them once they have caught up'],
      context: { aheadSeconds: ahead },
    },
  )
}

export function clockBehind({ localTime }: Pick<Hello, 'localTime'>, highest: bigint): DemetraError {
  const highestMs = positionTimeMs(highest)
  const behind = Math.floor(highestMs / 1000) - Math.floor(localTime.getTime() / 1000)
  return new DemetraError(
    `The clock of the MongoDB server is ${behind} seconds behind the newest event of the store (${localTime.toISOString()} against ${new Date(highestMs).toISOString()})`,
    {
      code: 'DEMETRA_CLOCK_BEHIND',
      exitCode: EXIT.temporary,
      hints: ["Put the server's clock right, then run the same command again"],
      context: { behindSeconds: behind },
    },
  )
}
