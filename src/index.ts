/** The public library: what the files of a project are made of. */

// configuration
export { defineConfig } from './config.ts'
export type { DemetraConfig } from './config.ts'

// events
export { defineEvent } from './event/define-event.ts'
export type { Event, EventDefinition, EventInput, Upcaster } from './event/define-event.ts'
export type { DomainEvent, EventMeta } from './event/domain-event.ts'

// imports
export { defineImport } from './import/mapping/define-import.ts'
export type { ImportContext, ImportDefinition, ImportedEvent } from './import/mapping/define-import.ts'

// projections
export { defineProjection } from './projection/define-projection.ts'
export { add, decimal, negate } from './projection/decimal.ts'
export { day } from './projection/day.ts'
export type { Projection } from './projection/projection.ts'
