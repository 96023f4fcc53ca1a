import { DemetraError, EXIT } from '../errors.ts'
import type { Generation } from './report-store.ts'

/** Whoever took the number down before a switch finds it gone after a drop: asked again, all is well. */
export function generationGone({ name, generation }: Generation, store: string): DemetraError {
  return new DemetraError(
    `The generation ${generation} of the report ${name} is not there (any more) in ${store}`,
    {
      code: 'DEMETRA_GENERATION_GONE',
      exitCode: EXIT.temporary,
      hints: ['A replay has probably put another one in its place; try again'],
      context: { report: name, generation },
    },
  )
}
