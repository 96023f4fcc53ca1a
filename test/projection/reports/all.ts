import type { Projection } from '../../../src/projection/projection.ts'
import activeSubscriptions from './active-subscriptions.ts'
import customerPurchases from './customer-purchases.ts'
import customersPerDay from './customers-per-day.ts'
import * as expected from './expected.ts'
import handOvers from './hand-overs.ts'
import hospitalCases from './hospital-cases.ts'
import paymentsPerPlan from './payments-per-plan.ts'
import purchaseFunnel from './purchase-funnel.ts'
import revenue from './revenue.ts'

export interface RealReport {
  definition: Projection
  expected: (log: readonly expected.LogEvent[]) => expected.Expected
}

/** By name, as their files. */
export const REPORTS: Readonly<Record<string, RealReport>> = {
  'purchase-funnel': { definition: purchaseFunnel, expected: expected.purchaseFunnel },
  revenue: { definition: revenue, expected: expected.revenue },
  'active-subscriptions': { definition: activeSubscriptions, expected: expected.activeSubscriptions },
  'hospital-cases': { definition: hospitalCases, expected: expected.hospitalCases },
  'hand-overs': { definition: handOvers, expected: expected.handOvers },
  'payments-per-plan': { definition: paymentsPerPlan, expected: expected.paymentsPerPlan },
  'customers-per-day': { definition: customersPerDay, expected: expected.customersPerDay },
  'customer-purchases': { definition: customerPurchases, expected: expected.customerPurchases },
}
