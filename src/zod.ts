/** The zod of Demetra's own build, for projects that did not install one. */
export * from 'zod'
export { default } from 'zod'
