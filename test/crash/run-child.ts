import { spawn, type ChildProcess } from 'node:child_process'

/**
 * Runs a file of its own with a task as JSON. It says `ready`, and at its end a line of JSON, which is returned; null: it was
 * killed. `onReady`: once it has said so.
 */
export function runChild(
  file: string,
  task: object,
  onReady: (child: ChildProcess) => void = () => {},
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] })
    let [output, errors] = ['', '']
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (errors += piece))
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      if (output === '') onReady(child)
      output += piece
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(null)
      else if (code !== 0) reject(new Error(`the run ended with ${code}: ${errors}`))
      else resolve(JSON.parse(output.slice('ready\n'.length)))
    })
  })
}
