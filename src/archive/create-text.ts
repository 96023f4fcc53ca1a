import { createHash } from 'node:crypto'
import type { ObjectStore } from '../object-store/object-store.ts'

/** Creates a small object, as `create` of the port does. */
export function createText(
  objects: ObjectStore,
  key: string,
  text: string,
): Promise<'created' | 'same' | 'different'> {
  const bytes = Buffer.from(text)
  return objects.create(key, [bytes], createHash('sha256').update(bytes).digest())
}
