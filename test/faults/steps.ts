import { expect } from 'vitest'
import type { Outcome } from '../cli/demetra.ts'
import { EVENTS, resultOf, type Scene } from './scene.ts'

/** A command that reads or writes the archive, and what holds once it went well. */
export interface Step {
  line: string
  /** Before a run, on a scene that is filled. */
  prepare: (scene: Scene) => Promise<void>
  /** After a run that went well. `store`: its URL. */
  check: (scene: Scene, outcome: Outcome, store: string) => Promise<void>
  /** After a run that did not. */
  afterFailure?: (scene: Scene) => Promise<void>
  /** Whether it changes the store, so that each run needs a scene of its own. */
  changes: boolean
  /** In a store that is not there yet. */
  inNewStore?: boolean
}

const archived = (scene: Scene): Promise<void> => scene.archive()
const ID = '00000000-0000-4000-8000-000000000032'

/** As it was before anything was archived. */
const REPORTS = new WeakMap<Scene, string>()

async function report(scene: Scene): Promise<string> {
  const { code, stdout } = await scene.run('report purchase-funnel --format csv')
  expect({ code, rows: stdout.trim().split('\n').length }).toEqual({ code: 0, rows: EVENTS + 1 })
  return stdout
}

export const STEPS: readonly Step[] = [
  {
    line: 'archive',
    prepare: async () => {},
    check: async (scene, outcome, store) => {
      expect(resultOf(outcome)).toMatchObject({ stoppedBy: null, kept: null, abandoned: [] })
      expect(await scene.prove(store)).toMatchObject({
        segments: { segments: 3, events: EVENTS },
        liveEvents: 0,
        orphans: [],
      })
    },
    changes: true,
  },
  {
    line: 'restore --from 2016-01-01 --to 2016-05-01',
    prepare: archived,
    check: async (scene, outcome, store) => {
      expect(resultOf(outcome)).toMatchObject({ left: 0 })
      expect(await scene.prove(store)).toMatchObject({ segments: { restored: 3 }, liveEvents: EVENTS })
    },
    changes: true,
  },
  {
    line: 'restore --catalogue',
    prepare: archived,
    check: async (scene, outcome, store) => {
      expect(resultOf(outcome)).toMatchObject({ segments: 3, differing: 0, damaged: [] })
      expect(await scene.prove(store)).toMatchObject({ segments: { events: EVENTS }, liveEvents: 0 })
    },
    changes: true,
    inNewStore: true,
  },
  {
    line: 'replay purchase-funnel',
    prepare: async (scene) => {
      await scene.run('replay purchase-funnel')
      REPORTS.set(scene, await report(scene))
      await scene.archive()
    },
    check: async (scene, outcome) => {
      expect(resultOf(outcome)).toMatchObject({ failed: [], replays: [{ switched: true, events: EVENTS }] })
      expect(await report(scene)).toBe(REPORTS.get(scene))
    },
    afterFailure: async (scene) => expect(await report(scene)).toBe(REPORTS.get(scene)),
    changes: false,
  },
  {
    line: `show ${ID}`,
    prepare: archived,
    check: async (_, outcome) => {
      expect(resultOf(outcome)).toMatchObject({ event: { id: ID }, archived: { segment: 2 } })
    },
    changes: false,
  },
  {
    line: 'verify --deep',
    prepare: archived,
    check: async (_, outcome) => {
      expect(resultOf(outcome)).toMatchObject({ segments: { events: EVENTS }, damages: [], orphans: [] })
    },
    changes: false,
  },
]
