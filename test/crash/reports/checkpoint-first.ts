import type { ReportStore } from '../../../src/report-store/report-store.ts'

/** A report store as it must not be: the checkpoint is committed before the rows, on its own. */
export function checkpointFirst(store: ReportStore): ReportStore {
  const commit: ReportStore['commit'] = async (wanted) => {
    const { from, checkpoint } = wanted
    if (!(await store.commit({ ...wanted, from, rows: [], memory: [] }))) return false
    return store.commit({ ...wanted, from: checkpoint })
  }
  return new Proxy(store, {
    get(target, name) {
      if (name === 'commit') return commit
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
