import { DemetraError, EXIT } from '../errors.ts'
import type { Compression, DecodeFault } from './decoder.ts'
import type { SourceSpec } from './globs.ts'

export interface Damaged {
  spec: SourceSpec
  /** It can be read again: no pipe, whatever its path. */
  seekable: boolean
  compression: Compression
  fault: DecodeFault
}

/** It ends before its end mark: what came before was read. */
export function cutShort(damaged: Damaged): DemetraError {
  const { spec, compression, fault } = damaged
  return damagedError(
    'DEMETRA_SOURCE_TRUNCATED',
    `${spec.name} is cut short: its ${compression} data stops at byte ${fault.inputOffset}, before its end mark; what could be decoded before that was read, but no checksum vouches for it: its last events may be changed ones`,
    [
      'Get the file again and repeat the command',
      'What is stored already will count as duplicate or skipped then, what was changed as conflict',
    ],
    damaged,
  )
}

/**
 * What came before the fault was read: nobody knows whether it is right, where it came from a pipe; or the fault stands
 * behind the end of what is whole.
 */
export function foundDamaged(damaged: Damaged): DemetraError {
  const { spec, compression, fault } = damaged
  const { name } = spec
  const { message, inputOffset, isProvenBefore } = fault
  return damagedError(
    'DEMETRA_SOURCE_CORRUPT',
    isProvenBefore
      ? `${name} is damaged: what stands in it from byte ${inputOffset} on is not ${compression} (${message}); all before that is whole, and was read`
      : `${name} is damaged: its ${compression} data cannot be decoded somewhere behind byte ${inputOffset} (${message}); what could be decoded before that was read, and any event of it may be a changed one`,
    isProvenBefore
      ? []
      : [
          'Get the data again, as a file: one is proven before its first event is taken',
          'What was read whole will count as duplicate then, what the damage changed as conflict',
        ],
    damaged,
  )
}

/** It is known before anything was taken. */
export function provenDamaged(damaged: Damaged): DemetraError {
  const { spec, compression, fault } = damaged
  const { name, path } = spec
  return damagedError(
    'DEMETRA_SOURCE_CORRUPT',
    `${name} is damaged: its ${compression} data does not pass its check (${fault.message}); nothing of it was read, since any event of it may be a changed one`,
    [
      'Get the file again and repeat the command',
      ...(path === null
        ? []
        : [
            `Where there is no other, \`${compression} -dc '${name}' > salvaged\` writes what can be decoded: see what is right in it, and import that`,
          ]),
    ],
    damaged,
  )
}

function damagedError(
  code: `DEMETRA_${string}`,
  message: string,
  hints: readonly string[],
  { spec: { name, path }, seekable, compression, fault }: Damaged,
): DemetraError {
  return new DemetraError(message, {
    code,
    exitCode: EXIT.inputMissing,
    hints: [
      ...(path === null || !seekable ? [] : [`See how far it is whole: \`${compression} --test '${name}'\``]),
      ...hints,
    ],
    context: { source: name, byteOffset: fault.inputOffset },
    cause: fault,
  })
}
