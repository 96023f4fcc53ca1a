import { randomUUID } from 'node:crypto'
import type { NewEvent } from '../../../src/event/event.ts'

/** An event of its own, of service core. */
export function newEvent(own: Partial<NewEvent> = {}): NewEvent {
  return {
    id: Buffer.from(randomUUID().replaceAll('-', ''), 'hex'),
    service: 'core',
    type: 'paid',
    createdAt: Date.now(),
    receivedAt: Date.now(),
    aggregateId: 'payment/1',
    correlationId: null,
    metaExtra: null,
    payload: '{}',
    digest: new Uint8Array(16),
    position: null,
    ...own,
  }
}
