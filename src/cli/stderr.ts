let opened = false

/** Writes to standard error, quietly where nobody reads it. It is opened at the first word: that takes a while. */
export function writeStderr(text: string): void {
  if (!opened) {
    opened = true
    process.stderr.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
  process.stderr.write(text)
}
