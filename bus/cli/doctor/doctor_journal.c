/* doctor_journal.c - whether the journal opens, what its last checkpoint covers, and whether the clock agrees with it.
 * Not: its verification, which reads everything: truc journal verify.
 * See doctor.h. */
#include "cli_words.h"
#include "doctor.h"

#include "cli_format.h"
#include "cli_journal.h"

#include <sys/timex.h>

/* When a record was written; 0 when it can't be read. */
static uint64_t time_of(struct cli_journal *journal, uint64_t position)
{
    BUFFER_CLEANUP struct buffer scratch = {0};
    struct journal_record record;
    return journal_read(journal->journal, position, 0, &scratch, &record, NULL) == 0 ? record.time_ns : 0;
}

static void check_clock(struct doctor *doctor, uint64_t last_ns)
{
    struct timex clock = {0};
    char last[TIME_TEXT_BYTES];
    bool synchronised = adjtimex(&clock) != TIME_ERROR && !(clock.status & STA_UNSYNC);
    uint64_t error_ms = clock.maxerror > 0 ? (uint64_t)clock.maxerror / 1000 : 0, now_ns = doctor->cli->now_ns;
    enum doctor_state state = doctor_judge_clock(now_ns, last_ns, synchronised, error_ms);
    if (state == DOCTOR_BAD) {
        doctor_say(doctor, state, "clock", _("the clock is %llu s behind the journal's last record, of %s"),
                   (unsigned long long)((last_ns - now_ns) / TIME_NS_PER_S), cli_format_moment(last_ns, last));
        doctor_advise(doctor, _("set the clock right before starting trucd: new records would seem older than these"));
        return;
    }
    if (synchronised)
        doctor_say(doctor, state, "clock", _("the clock is synchronised, to within %llu ms"),
                   (unsigned long long)error_ms);
    else
        doctor_say(doctor, state, "clock", _("the clock is not synchronised"));
    if (state == DOCTOR_WARN)
        doctor_advise(doctor, _("evidence is dated by it: run chrony or systemd-timesyncd, and look at timedatectl"));
}

static void check_checkpoint(struct doctor *doctor, struct cli_journal *journal)
{
    char covered[CLI_NUMBER_BYTES], all[CLI_NUMBER_BYTES], since[TIME_TEXT_BYTES];
    uint64_t size = journal_checkpoint_latest(journal->journal).size, next = journal_next_sequence(journal->journal);
    uint64_t first_ns = size < next ? time_of(journal, size) : doctor->cli->now_ns;
    enum doctor_state state = doctor_judge_checkpoint(doctor->cli->now_ns, first_ns);
    cli_format_count(size, covered);
    cli_format_count(next, all);
    if (size == next)
        doctor_say(doctor, state, "checkpoint", _("the last checkpoint covers all %s records"), all);
    else
        doctor_say(doctor, state, "checkpoint",
                   _("the last checkpoint covers %s of %s records; the first without is of %s"), covered, all,
                   cli_format_time(first_ns, since));
    if (state != DOCTOR_GOOD)
        doctor_advise(doctor, _("trucd signs one every 1.024 groups and at its end: restart it to have one now"));
    if (!journal->has_checkpoint_key) {
        doctor_say(doctor, DOCTOR_WARN, "checkpoint-key", _("the checkpoint's signature was not checked"));
        doctor_advise(doctor, _("put the verifier key into %s/keys/checkpoint.vkey"), doctor->cli->state);
    }
}

static void check_end(struct doctor *doctor, const struct cli_journal *journal)
{
    char bytes[CLI_NUMBER_BYTES];
    if (journal->opened.cut_bytes == 0 || doctor->broker)
        return; /* while a broker writes, its last group may be half there */
    doctor_say(doctor, DOCTOR_WARN, "journal-end", _("%s of an interrupted last write stand at the journal's end"),
               cli_format_bytes(journal->opened.cut_bytes, bytes));
    doctor_advise(doctor, _("nothing of it was acknowledged: trucd cuts it when it starts"));
}

void doctor_check_journal(struct doctor *doctor)
{
    struct cli_journal journal = {0};
    struct truc_fault fault = {0};
    int code = cli_journal_open(doctor->cli, doctor->arguments, &journal, &fault);
    if (code == TRUC_E_NOT_FOUND) {
        doctor_say(doctor, DOCTOR_WARN, "journal", _("there are no records yet"));
        doctor_advise(doctor, _("trucd makes the journal at its first start"));
        check_clock(doctor, 0);
    } else if (code < 0) {
        doctor_say_fault(doctor, DOCTOR_BAD, "journal", &fault);
    } else {
        uint64_t next = journal_next_sequence(journal.journal);
        check_checkpoint(doctor, &journal);
        check_end(doctor, &journal);
        check_clock(doctor, next ? time_of(&journal, next - 1) : 0);
    }
    cli_journal_close(&journal);
}
