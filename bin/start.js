// `import` would read every export of these modules; this way takes a tenth of the time
const { constants, enableCompileCache } = process.getBuiltinModule('node:module')
const { homedir } = process.getBuiltinModule('node:os')
const { join } = process.getBuiltinModule('node:path')

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
  const url = new URL(path, import.meta.url).href
  const module = await import(url).catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || error.url !== url) throw error
    process.stderr.write('Demetra is not built yet: `npm run build` in its folder\n')
    process.exitCode = 1
  })
  await module?.main(process.argv.slice(2))
}
