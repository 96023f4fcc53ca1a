/**
 * `node --import demetra/register`: Node's loader reads the files of a project as Demetra does, so that their tests
 * run where no package.json says what they are.
 */
import { registerUserFiles } from './user-files/resolve-hook.ts'

registerUserFiles()
