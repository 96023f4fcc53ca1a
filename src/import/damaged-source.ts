import { DemetraError, EXIT } from '../errors.ts'
import type { Compression, DecodeFault } from './decoder.ts'
import type { SourceSpec } from './globs.ts'

interface Damaged {
  spec: SourceSpec
  compression: Compression
  fault: DecodeFault
}

/** It ends before its end mark: what came before was read. */
export function cutShort({ spec, compression, fault }: Damaged): DemetraError {
  const { name } = spec
  return damagedError(
    'DEMETRA_SOURCE_TRUNCATED',
    `${name} is cut short: its ${compression} data stops at byte ${fault.inputOffset}, before its end mark; what could be decoded before that was read`,
    ['Get the file again and repeat the command; what is stored already will count as duplicate or skipped'],
    { spec, compression, fault },
  )
}

/** Of what came before the fault nobody knows whether it is right, and it was read: it came from a pipe. */
export function foundDamaged({ spec, compression, fault }: Damaged): DemetraError {
  const { name } = spec
  const { message, inputOffset, isProvenBefore } = fault
  return damagedError(
    'DEMETRA_SOURCE_CORRUPT',
    isProvenBefore
      ? `${name} is damaged: what stands in it from byte ${inputOffset} on is not ${compression} (${message}); all before that is whole, and was read`
      : `${name} is damaged: its ${compression} data cannot be decoded from byte ${inputOffset} on (${message}); what could be decoded before that was read, and any event of it may be a changed one`,
    isProvenBefore
      ? []
      : [
          'Get the data again, as a file: one is proven before its first event is taken',
          'What was read whole will count as duplicate then, what the damage changed as conflict',
        ],
    { spec, compression, fault },
  )
}

/** It is known before anything was taken. */
export function provenDamaged({ spec, compression, fault }: Damaged): DemetraError {
  const { name, path } = spec
  const { message, inputOffset } = fault
  return damagedError(
    'DEMETRA_SOURCE_CORRUPT',
    `${name} is damaged: its ${compression} data does not pass its check at byte ${inputOffset} (${message}); nothing of it was read, since any event of it may be a changed one`,
    [
      'Get the file again and repeat the command',
      ...(path === null
        ? []
        : [
            `Where there is no other, \`${compression} -dc '${name}' > salvaged\` writes what can be decoded: see what is right in it, and import that`,
          ]),
    ],
    { spec, compression, fault },
  )
}

function damagedError(
  code: `DEMETRA_${string}`,
  message: string,
  hints: readonly string[],
  { spec: { name, path }, compression, fault }: Damaged,
): DemetraError {
  return new DemetraError(message, {
    code,
    exitCode: EXIT.inputMissing,
    hints: [
      ...(path === null ? [] : [`See how far it is whole: \`${compression} --test '${name}'\``]),
      ...hints,
    ],
    context: { source: name, byteOffset: fault.inputOffset },
    cause: fault,
  })
}
