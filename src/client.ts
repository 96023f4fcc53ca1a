/** The client for producers, `demetra/client`. It loads nothing but Node's own modules. */
export { createClient } from './client/client.ts'
export type { Client, ClientOptions, SendResult } from './client/client.ts'
export type { Clock } from './client/clock.ts'
export type { ClientEvent } from './client/event-text.ts'
export { DemetraError } from './errors.ts'
