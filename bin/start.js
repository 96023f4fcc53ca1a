import { constants, enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Keeps compiled code in the user's cache folder, so that it works where Demetra itself is read-only. */
function keepCompiledCode() {
  if (process.env.NODE_COMPILE_CACHE) return void enableCompileCache()
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const { status } = enableCompileCache(join(cache, 'demetra'))
  if (status === constants.compileCacheStatus.FAILED) enableCompileCache()
}

/** Starts the command line from the built package or from source. */
export async function start(path) {
  keepCompiledCode()
  const { main } = await import(new URL(path, import.meta.url).href)
  await main(process.argv.slice(2))
}
