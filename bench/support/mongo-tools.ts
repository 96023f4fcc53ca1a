import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { cacheFolder } from '../../test/servers/find-mongod.ts'

/** The version of the MongoDB Database Tools that is built where none is installed. */
const VERSION = 'v0.0.0-20240723193119-837c2bc263f4'
const MODULE = 'github.com/mongodb/mongo-tools'

export type MongoTool = 'mongoimport' | 'mongoexport'

const variableOf = (tool: MongoTool): string => `DEMETRA_BENCH_${tool.toUpperCase()}`
const hintOf = (tool: MongoTool): string =>
  `Install the MongoDB Database Tools or Go, or name the program: ${variableOf(tool)}=/path/to/${tool}`

/**
 * A peer, `mongoimport` or `mongoexport`: the one that the environment names, the one on the path, or one that is built, which
 * takes Go and half a minute, once. Null, and on stderr why, where there is no way to it.
 */
export function findMongoTool(tool: MongoTool): string | null {
  const given = process.env[variableOf(tool)]
  if (given) {
    // another one instead would hide the mistake
    if (existsSync(given)) return given
    console.error(`${variableOf(tool)} names ${given}, and there is no such file`)
    return null
  }
  const installed = onPath(tool)
  if (installed !== null) return installed
  const built = join(cacheFolder(), `${tool}-${VERSION}`)
  return existsSync(built) || build(tool, built) ? built : null
}

function onPath(program: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? null
}

/** `go install` refuses this version, which is no release: a module of our own requires it instead. */
function build(tool: MongoTool, target: string): boolean {
  const go = onPath('go')
  if (go === null) {
    console.error(`There is no ${tool} to measure against, and no Go to build it with. ${hintOf(tool)}`)
    return false
  }
  console.error(`Building ${tool} ${VERSION}`)
  const folder = mkdtempSync(join(tmpdir(), 'demetra-bench-'))
  try {
    writeFileSync(join(folder, 'go.mod'), `module bench\n\ngo 1.21\n\nrequire ${MODULE} ${VERSION}\n`)
    const { status, stderr } = spawnSync(go, ['build', '-mod=mod', '-o', tool, `${MODULE}/${tool}/main`], {
      cwd: folder,
      env: { ...process.env, GOWORK: 'off' },
      encoding: 'utf8',
    })
    if (status !== 0) {
      console.error(`${tool} could not be built: ${stderr.trim()}\n${hintOf(tool)}`)
      return false
    }
    // first beside its place, on the same file system: another run never finds half a program
    mkdirSync(cacheFolder(), { recursive: true })
    const beside = `${target}.${process.pid}`
    copyFileSync(join(folder, tool), beside)
    renameSync(beside, target)
    return true
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
