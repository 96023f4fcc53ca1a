import { defineConfig } from 'vitest/config'

const src = (file: string) => new URL(`src/${file}`, import.meta.url).pathname

export default defineConfig({
  // what the example project imports
  resolve: {
    alias: {
      'demetra/testing': src('testing.ts'),
      'demetra/client': src('client.ts'),
      demetra: src('index.ts'),
    },
  },
  test: {
    include: ['test/**/*.test.ts'],
    // most of the time goes into waiting for servers that stand still
    maxWorkers: 2,
    // several times what any of them needs where nothing else runs
    testTimeout: 300_000,
    hookTimeout: 300_000,
    disableConsoleIntercept: true,
  },
})
