/* policy_check_ends.c - how long something holds yet, in days as people count them.
 * Not which ends matter (policy_check.c, policy_check_keys.c, policy_check_authority.c).
 * In the flow: see policy_check.h. */
#include "policy_check.h"

#include "time_text.h"

enum { GMT7_S = 7 * 3600, DAY_S = 86400 };

int64_t policy_days_until(uint64_t time_ns, uint64_t now_ns)
{
    int64_t then = (int64_t)(time_ns / TIME_NS_PER_S) + GMT7_S, now = (int64_t)(now_ns / TIME_NS_PER_S) + GMT7_S;
    return then / DAY_S - now / DAY_S;
}

void policy_warn_of_certificate_end(struct policy_build *build, const struct certificate *certificate,
                                    struct policy_spot spot, const char *name)
{
    const char *what = words_by(build->report->translate, name);
    int64_t days = policy_days_until(certificate->not_after_ns, build->options->now_ns);
    if (certificate->not_after_ns < build->options->now_ns)
        policy_report_warning(build->report, spot, "%s expired: what is signed with it is refused", what);
    else if (days == 0)
        policy_report_warning(build->report, spot, "%s expires today", what);
    else if (days == 1)
        policy_report_warning(build->report, spot, "%s expires in 1 day", what);
    else if (days <= POLICY_WARN_CERTIFICATE_DAYS)
        policy_report_warning(build->report, spot, "%s expires in %lld days", what, (long long)days);
}
