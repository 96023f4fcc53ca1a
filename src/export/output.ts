import {
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { DemetraError, EXIT } from '../errors.ts'

/** Where an export goes. `discard` takes away what was not finished; safe to call after `finish`. */
export interface Output {
  readonly file: string | null
  write(text: string): Promise<void>
  finish(): void
  discard(): void
}

/**
 * Standard output, or a file that appears whole: written under another name, synced, renamed. A link stays one;
 * what is no regular file (a device, a named pipe) is written to as it is.
 */
export function openOutput(
  file: string | undefined,
  json: boolean,
  toStdout: (text: string) => Promise<void>,
): Output {
  if (file === undefined) {
    if (json) {
      throw new DemetraError(
        'With --json standard output holds the one JSON document, so the events need a file',
        {
          code: 'DEMETRA_OUTPUT_MISSING',
          exitCode: EXIT.usage,
          hints: ['`demetra export --json --output events.ndjson`'],
        },
      )
    }
    return { file: null, write: toStdout, finish() {}, discard() {} }
  }
  const found = guard(file, () => statSync(file, { throwIfNoEntry: false }))
  const target = found === undefined ? file : guard(file, () => realpathSync(file))
  const inPlace = found !== undefined && !found.isFile()
  const unfinished = inPlace ? target : `${target}.unfinished`
  let fd: number | null = guard(file, () => openSync(unfinished, 'w'))
  return {
    file,
    async write(text) {
      const bytes = Buffer.from(text)
      for (let at = 0; at < bytes.length;) at += guard(file, () => writeSync(fd as number, bytes, at))
    },
    finish() {
      guard(file, () => {
        if (!inPlace) fsyncSync(fd as number)
        closeSync(fd as number)
        fd = null
        if (!inPlace) renameSync(unfinished, target)
      })
    },
    discard() {
      if (fd === null) return
      closeSync(fd)
      fd = null
      if (!inPlace) rmSync(unfinished, { force: true })
    },
  }
}

function guard<T>(file: string, write: () => T): T {
  try {
    return write()
  } catch (error) {
    throw new DemetraError(`${file} cannot be written: ${(error as Error).message}`, {
      code: 'DEMETRA_OUTPUT_UNWRITABLE',
      exitCode: (error as NodeJS.ErrnoException).code === 'ENOSPC' ? EXIT.temporary : EXIT.failed,
      hints: ['Name another file with `--output`, or leave it out: the events go to standard output'],
      context: { file },
      cause: error,
    })
  }
}
