import { spawn } from 'node:child_process'

/**
 * Kills a process, or several, and removes their folder when this process is gone, however it went: the end of
 * its standard input says so. The last line it has read is whom to kill; an empty one is nobody.
 */
const SCRIPT = `
while read -r line; do
  [ "$line" = done ] && exit
  pid=$line
done
[ -n "$pid" ] && kill -KILL $pid && sleep 1
rm -rf "$0"
`

export interface Guard {
  watch(pid: number | readonly number[] | null): void
  /** Nothing is left to be tidied up. */
  dismiss(): void
}

export function guard(folder: string): Guard {
  // its own group: Ctrl-C in a terminal must not take it away
  const child = spawn('sh', ['-c', SCRIPT, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  child.unref()
  const { stdin } = child
  stdin.on('error', () => undefined)
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
  return {
    watch: (pid) => void stdin.write(`${[pid ?? []].flat().join(' ')}\n`),
    dismiss: () => void stdin.end('done\n'),
  }
}
