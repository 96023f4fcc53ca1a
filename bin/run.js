#!/usr/bin/env node
// Plain JavaScript that every Node can read: what follows needs Node 24 (node:sqlite, TypeScript without a compiler).
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    `Demetra needs Node 24 or newer, this is ${process.version}; \`npm install node@24\` brings one that ` +
      '`npx demetra` and npm scripts use\n',
  )
  process.exitCode = 2
} else {
  const { start } = await import('./start.js')
  await start('../dist/cli/main.js')
}
