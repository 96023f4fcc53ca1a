import { defineConfig } from 'demetra'

export default defineConfig({
  // where the events are kept
  store: 'sqlite:demetra.db',
  // where the reports are filled
  reports: 'sqlite:reports.db',
  // true: an event of a type that has no file under events/ is rejected
  strict: false,
})
