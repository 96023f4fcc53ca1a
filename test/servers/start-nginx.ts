import { execFile } from 'node:child_process'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { nginxPath } from './describe-with-nginx.ts'
import { freePort } from './free-port.ts'
import { guard } from './guard.ts'
import { isListening } from './is-listening.ts'
import { ServerProcess } from './server-process.ts'

const run = promisify(execFile)

class NginxProcess extends ServerProcess {
  async stop(): Promise<void> {
    if (!this.running) return
    this.signal('SIGKILL')
    await this.exited()
  }
}

interface Listening {
  port: number
  /** Paths of a certificate for localhost that signs itself, and of its key. */
  certificate: string
  key: string
}

export interface RunningNginx {
  port: number
  /** The certificate, for those who are to trust it. */
  ca: string
  stop(): Promise<void>
}

/** An nginx with these `upstream` and `server` blocks, and nothing of the system's configuration. */
export async function startNginx(site: (listening: Listening) => string): Promise<RunningNginx> {
  if (nginxPath === null) throw new Error('there is no nginx here; tests that need one say so')
  const folder = await mkdtemp(join(tmpdir(), 'demetra-nginx-'))
  const tidy = guard(folder)
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  await run('openssl', ['req', ...kind, ...names, '-out', certificate, '-keyout', key])
  const port = await freePort()
  const config = join(folder, 'nginx.conf')
  await writeFile(config, mainConfiguration(folder, site({ port, certificate, key })))
  // one process, as whoever runs the tests: a worker could not read a folder of root's
  const nginx = new NginxProcess(nginxPath, ['-p', folder, '-c', config, '-e', 'stderr'], {
    logPath: join(folder, 'nginx.log'),
    ready: /^/u,
  })
  tidy.watch(nginx.pid)
  await nginx.answers('nginx', () => isListening(port))
  return { port, ca: await readFile(certificate, 'utf8'), stop: () => nginx.stop() }
}

function mainConfiguration(folder: string, site: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return [
    `daemon off; master_process off; pid ${folder}/nginx.pid; events {}`,
    `http { access_log off; ${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}`,
    site,
    '}',
  ].join('\n')
}
