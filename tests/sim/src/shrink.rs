//! Makes a failing world smaller: leaves out deeds as long as it fails in the same way, by halves first,
//! then one by one (delta debugging).

use std::mem::discriminant;

use crate::judge::Finding;
use crate::plan::Plan;
use crate::run::run_plan;

/// A smaller plan with a finding of the same kind as the first one of this plan, after at most `tries`
/// runs. The plan itself if it does not fail.
pub fn shrink(plan: Plan, tries: u32) -> Plan {
    let Some(wanted) = run_plan(plan.clone()).findings.into_iter().next() else { return plan };
    let mut left = tries;
    let mut best = plan;
    let mut size = best.deeds.len().div_ceil(2);
    while size > 0 && left > 0 {
        let mut at = 0;
        let mut smaller = false;
        while at < best.deeds.len() && left > 0 {
            let mut candidate = best.clone();
            let end = (at + size).min(candidate.deeds.len());
            candidate.deeds.drain(at..end);
            left -= 1;
            if fails_so(&candidate, &wanted) {
                best = candidate;
                smaller = true;
            } else {
                at += size;
            }
        }
        if size == 1 && !smaller {
            break;
        }
        size = if size == 1 { 1 } else { size.div_ceil(2) };
    }
    best
}

fn fails_so(plan: &Plan, wanted: &Finding) -> bool {
    let found = run_plan(plan.clone()).findings;
    found.iter().any(|finding| discriminant(finding) == discriminant(wanted))
}
