import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prometheus } from './describe-with-prometheus.ts'
import { freePort } from './free-port.ts'
import { guard } from './guard.ts'
import { until } from './poll.ts'

export interface RunningPrometheus {
  /** The `data` of its HTTP interface, under /api/v1; undefined: it does not answer yet. */
  ask(path: string): Promise<unknown>
  stop(): Promise<void>
}

/** A Prometheus that scrapes one server every second, as its guide says, with these rules. */
export async function startPrometheus(
  target: string,
  token: string,
  rules: string,
): Promise<RunningPrometheus> {
  if (prometheus === null) throw new Error('there is no Prometheus here; tests that need one say so')
  const folder = await mkdtemp(join(tmpdir(), 'demetra-prometheus-'))
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(folder, 'rules.yml')],
    scrape_configs: [
      {
        job_name: 'demetra',
        authorization: { credentials_file: join(folder, 'token') },
        static_configs: [{ targets: [target] }],
      },
    ],
  }
  // JSON is YAML
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config))
  await writeFile(join(folder, 'rules.yml'), rules)
  await writeFile(join(folder, 'token'), `${token}\n`)
  const port = await freePort()
  const files = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
  ]
  const child = spawn(prometheus.prometheus, [...files, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: 'ignore',
  })
  const tidy = guard(folder)
  tidy.watch(child.pid ?? null)
  const ask = async (path: string): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`).catch(() => null)
    if (response === null || !response.ok) return undefined
    return ((await response.json()) as { data: unknown }).data
  }
  await until('Prometheus answers', () => ask('status/buildinfo'))
  return {
    ask,
    stop: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
