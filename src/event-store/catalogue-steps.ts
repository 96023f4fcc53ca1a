import type { AdoptedSegment, SegmentContent, SegmentIntent } from './catalogue.ts'
import type { SegmentChange } from './segment-change.ts'

/** The steps of a segment: what they ask is data, and every adapter has one way to carry it out. */
export abstract class CatalogueSteps {
  /** Returns the number of the segment; `number` null: the next one. */
  protected abstract change(number: number | null, change: SegmentChange, fence: bigint): Promise<number>

  begin(intent: SegmentIntent, fence: bigint): Promise<number> {
    return this.change(null, { step: 'begin', intent }, fence)
  }

  async commit(number: number, content: SegmentContent, fence: bigint): Promise<void> {
    await this.change(number, { step: 'commit', content }, fence)
  }

  async purged(number: number, fence: bigint): Promise<void> {
    await this.change(number, { step: 'purged' }, fence)
  }

  async restored(number: number, fence: bigint): Promise<void> {
    await this.change(number, { step: 'restored' }, fence)
  }

  async abandon(number: number, reason: string, fence: bigint): Promise<void> {
    await this.change(number, { step: 'abandon', reason }, fence)
  }

  async adopt(segment: AdoptedSegment, fence: bigint): Promise<void> {
    await this.change(segment.number, { step: 'adopt', segment }, fence)
  }
}
