#!/usr/bin/env node
// Runs Demetra from its TypeScript sources, by Node's own type stripping.
import { start } from './start.js'

await start('../src/cli/main.ts')
