/* command_table.c - the table: data, and no function. What is found in it and said of it: command_find.c.
 * A new command is one line here and one file cmd_NAME.c.
 * See command_table.h for the flow. */
#include "command_table.h"

#include "cli_words.h"

const struct cli_option cli_no_options[] = {{.name = NULL}};

const struct cli_command cli_commands[] = {
    {"init", N_("make a state directory ready to run"),
     "DIR [--bus ID] [--from CONFIGDIR] [--schemas FILE] [--listen ENDPOINT]",
     N_("Copies a configuration and makes every key and certificate it asks for: the bus's authority, the broker's and "
        "each\n"
        "system's keys, the journal's keys. Either all of it is made or nothing; what exists is never touched."),
     cmd_init_options, 1, 1, cmd_init},
    {"issue", N_("make keys and settings for a system that was added"),
     "SYSTEM [--authority-key FILE] [--algorithm NAME]",
     N_("For a system whose file config/systems/SYSTEM.yaml was written after truc init: makes the keys and the "
        "certificate\n"
        "that the file names, and systems/SYSTEM/ for the system itself. What exists is never touched."),
     cmd_issue_options, 1, 1, cmd_issue},
    {"check", N_("say what is wrong with a configuration, and what to write instead"),
     "[CONFIGDIR] [--schemas FILE] [--without-keys]",
     N_("Without CONFIGDIR: the configuration in the state directory. Changes nothing. Exit code 1 when there are "
        "errors."),
     cmd_check_options, 0, 1, cmd_check},
    {"config diff", N_("what a proposed configuration would change"),
     "CONFIGDIR [--against DIR] [--days DAYS] [--without-keys]",
     N_("Compares rules, not files: a moved line is no change. With --days: which messages of the journal would go "
        "elsewhere\n"
        "or be refused. Changes nothing. Exit code 0 when the rules are the same, 1 when they differ, 2 when one is "
        "wrong."),
     cmd_config_diff_options, 1, 1, cmd_config_diff},
    {"doctor", N_("what is wrong with this installation, or soon will be, and what to do"), "",
     N_("Disk, clock, certificates, agreements, permissions, the journal and the broker, whether it runs or not.\n"
        "Run it as the user who runs trucd. Exit code 1 when something is bad."),
     cmd_doctor_options, 0, 0, cmd_doctor},
    {"bundle", N_("an archive for whoever is to help: no keys, no contents, no persons"), "FILE",
     N_("What doctor, status, check and journal stats say, the rules without comments, contacts and keys, the last\n"
        "refusals without subjects, versions. FILE ends in .tar, .tar.gz or .tar.zst and must not exist."),
     cmd_bundle_options, 1, 1, cmd_bundle},
    {"status", N_("how the bus is, on one screen"), "", N_("Asks the running broker."), cmd_broker_options, 0, 0,
     cmd_status},
    {"top", N_("the bus on a whole screen, live: what is late, stuck or refused, and why"),
     "[--every SPAN] [--count N] [--for SPAN]",
     N_("Keys: q quits; t, s, w, r, d sort by trouble, system, queued, rate, needs a person; arrows scroll.\n"
        "Where there is no terminal it prints a screen after the other, until --count or --for."),
     cmd_top_options, 0, 0, cmd_top},
    {"tail", N_("the bus at work, one line a message"),
     "[--refused] [--code ERROR] [--from SYSTEM] [--to SYSTEM] [--type TYPE] …",
     N_("Follows the running broker until Ctrl-C. No payload is shown. Filters are joined by 'and'; a refused message "
        "has "
        "no\n"
        "destinations yet. With --output json each event is one line."),
     cmd_tail_options, 0, 0, cmd_tail},
    {"reload", N_("put the configuration on disk in force, or say why not"), "--reason TEXT",
     N_("Asks the running broker, which reads its files, says what they change and takes all of it or nothing. "
        "Journaled\n"
        "with your name and the reason. Exit code 1 when nothing changed because of mistakes, or because messages on "
        "the\n"
        "bus were written by schemas that meant something else: --accept-schema-change takes that on you."),
     cmd_reload_options, 0, 0, cmd_reload},
    {"queue list", N_("what waits for each system"), "", N_("Counts are since the broker's start, but for what waits."),
     cmd_broker_options, 0, 0, cmd_queue_list},
    {"queue show", N_("what waits for one system, and since when"), "SYSTEM",
     N_("By urgency, with the positions of what is out, waits for a retry or is suspected; no contents."),
     cmd_broker_options, 1, 1, cmd_queue_show},
    {"queue pause", N_("deliver nothing to a system until it is resumed"), "SYSTEM --reason TEXT",
     N_("What comes for it is accepted and waits, also over a restart of the broker; what it has already may be "
        "settled.\n"
        "Questions to it end at their deadline. Journaled with your name and the reason."),
     cmd_queue_change_options, 1, 1, cmd_queue_pause},
    {"queue resume", N_("deliver again to a system that was paused"), "SYSTEM --reason TEXT", "",
     cmd_queue_change_options, 1, 1, cmd_queue_resume},
    {"dead list", N_("the messages that wait for a person"),
     "[--destination SYSTEM] [--from SYSTEM] [--type TYPE] [--code ERROR]", "", cmd_dead_list_options, 0, 0,
     cmd_dead_list},
    {"dead show", N_("all that is known of one of them, but for its content"), "--position N [--destination SYSTEM]",
     "", cmd_dead_show_options, 0, 0, cmd_dead_show},
    {"dead retry", N_("queue dead letters again"),
     "(--destination SYSTEM | --type TYPE | --position N | --all) --reason TEXT",
     N_("Each keeps its identity: a receiver that had handled it settles it again without a second effect. What dies "
        "again\n"
        "meanwhile is left. Interrupted, nothing is lost: the same command goes on."),
     cmd_dead_retry_options, 0, 0, cmd_dead_retry},
    {"dead discard", N_("give dead letters up for good"),
     "(--destination SYSTEM | --type TYPE | --position N | --all) --reason TEXT",
     N_("They leave the list and can't be queued again; the journal keeps the messages, and who gave them up and why."),
     cmd_dead_discard_options, 0, 0, cmd_dead_discard},
    {"system list", N_("who is on the bus, and until when it can sign"), "",
     N_("Reads the configuration. Of routes: how many it sends by, receives by and observes. Keys: those that may sign "
        "now."),
     cmd_system_list_options, 0, 0, cmd_system_list},
    {"system show", N_("one system: its keys, routes and agreements"), "SYSTEM",
     N_("Reads the configuration, and says of each key and agreement whether it holds today. With --as, or a context "
        "of "
        "settings,\n"
        "the running broker is asked for what is in force: an integrator for the systems it looks after."),
     cmd_system_show_options, 1, 1, cmd_system_show},
    {"system add", N_("declare a system and make its keys, certificate and settings"),
     "SYSTEM --title TEXT [--contact TEXT] [--role ROLE] [--systems LIST] [--authority-key FILE] [--algorithm NAME]",
     N_("Writes config/systems/SYSTEM.yaml, checks the configuration with it, and does what truc issue does. Either "
        "all "
        "of "
        "it\n"
        "is made or nothing; what exists is never touched."),
     cmd_system_add_options, 1, 1, cmd_system_add},
    {"system rotate-key", N_("make a system new keys beside those it has"),
     "SYSTEM [--authority-key FILE] [--algorithm NAME]",
     N_("Puts new file names first in its file's lists and does what truc issue does. After a reload both keys hold: "
        "hand\n"
        "systems/SYSTEM/ over, and when the system has changed take the old names out of the lists. Either all of it "
        "is "
        "made\n"
        "or nothing; what exists is never touched."),
     cmd_issue_options, 1, 1, cmd_system_rotate_key},
    {"system end-key", N_("let only a system's newest keys hold"), "SYSTEM --reason TEXT [--compromised TIME]",
     N_("Ends every key but the first of each list in its file, which must be able to take over, and asks the running "
        "broker\n"
        "to reload. What the old keys signed before counts on, and what waits is delivered. With --compromised, what "
        "was\n"
        "accepted since that time and still waits is held for a person."),
     cmd_system_end_key_options, 1, 1, cmd_system_end_key},
    {"system remove", N_("take a system out of the configuration"), "SYSTEM --reason TEXT [--with-queue]",
     N_("Refused while a route or an agreement names it, or while messages wait for it. Removes its file and asks the "
        "running\n"
        "broker to reload. What it ever sent or received stays in the journal, and provable."),
     cmd_system_remove_options, 1, 1, cmd_system_remove},
    {"system suspend", N_("take nothing from a system and deliver nothing to it, until it is resumed"),
     "SYSTEM --reason TEXT",
     N_("Writes 'suspended: true' into its file, leaves the rest of the file as it is, and asks the running broker to "
        "reload,\n"
        "which is journaled with your name and the reason. What else has been changed in the configuration comes into "
        "force\n"
        "with it. Not reached or refused: the file stays changed, for the next reload or start."),
     cmd_system_change_options, 1, 1, cmd_system_suspend},
    {"system resume", N_("let a suspended system in again"), "SYSTEM --reason TEXT", "", cmd_system_change_options, 1,
     1, cmd_system_resume},
    {"key rotate", N_("put a new key in the place of one of the bus's own"),
     "authority|broker|checkpoint|journal|persons [--take] [--end] [--keys DIR] [--journal DIR]",
     N_("For the next start of trucd; 'journal' and 'checkpoint' want it stopped. What the old key did stays good: "
        "payloads\n"
        "are read, checkpoints verify, persons are found. The broker's transport key is made first, for every system "
        "to\n"
        "know it, and taken with --take. A new authority is believed beside the old one until --end. Interrupted, the "
        "same\n"
        "command goes on."),
     cmd_key_rotate_options, 1, 1, cmd_key_rotate},
    {"route list", N_("what goes from where to where"), "[--from SYSTEM] [--to SYSTEM] [--type TYPE]",
     N_("Reads the configuration."), cmd_route_list_options, 0, 0, cmd_route_list},
    {"route explain", N_("why a message would go where it goes"),
     "(--from SYSTEM --type TYPE [--field PATH=VALUE …] [--header NAME=VALUE …] | --position N)",
     N_("Decides as the broker does, stage by stage. With --position: why a message of the journal went where it went, "
        "under\n"
        "the configuration in force at that time, and under the present one when that is another. Exit code 1 when "
        "the\n"
        "message would be refused."),
     cmd_route_explain_options, 0, 0, cmd_route_explain},
    {"schema show", N_("the message types, or one of them with its fields"), "[TYPE]", "", cmd_schema_show_options, 0,
     1, cmd_schema_show},
    {"send", N_("publish messages as a system, and see what becomes of them"),
     "TYPE --settings FILE --classification not-secret (--json TEXT | --file FILE | --lines FILE) …",
     N_("Signs and sends as the system's adapter would, by its settings file, and waits until each message is on disk "
        "and\n"
        "routed, or refused by name. A running adapter of that system would lose its connection: see --take-over."),
     cmd_send_options, 1, 1, cmd_send},
    {"blob put", N_("upload a file, to be named in messages as an attachment"),
     "FILE --settings FILE --classification not-secret",
     N_("As the system whose settings are given. Prints its SHA-256. What came before an interruption is not sent "
        "again; to\n"
        "upload and name it at once: truc send --attach FILE."),
     cmd_blob_put_options, 1, 1, cmd_blob_put},
    {"blob get", N_("download an attachment by its hash"), "HASH --settings FILE [--position N] --to FILE",
     N_("As the system whose settings are given, for the message at the position, which must have been sent to it. The "
        "fetch is\n"
        "journaled. An interrupted one is gone on with."),
     cmd_blob_get_options, 1, 1, cmd_blob_get},
    {"request", N_("ask one question as a system, and show the answer"),
     "TYPE --settings FILE --classification not-secret (--json TEXT | --file FILE) …",
     N_("The question and its answer are journaled like any other. Nothing else that waits for the system is taken."),
     cmd_request_options, 1, 1, cmd_request},
    {"journal show", N_("what the journal says, record by record"),
     "[POSITION] [--from N] [--count N] [--dossier CODE] [--kind KIND] [--payload | --clear --reason TEXT]",
     N_("Reads the journal's directory; needs no broker, and no key but for --payload, which masks personal data. With "
        "--clear the\n"
        "running broker shows one message's payload unmasked, to operators and auditors; who looked and why is "
        "journaled "
        "first."),
     cmd_journal_show_options, 0, 1, cmd_journal_show},
    {"journal find", N_("messages by id, dossier, type, sender, destination, time or outcome"),
     "[--dossier CODE] [--type TYPE] …",
     N_("Searches an index that is made from the journal and may be thrown away at any time."),
     cmd_journal_find_options, 0, 0, cmd_journal_find},
    {"journal person", N_("messages about one person, by the keyed hashes in the records"),
     "--number-file FILE --reason TEXT [--persons-key FILE]",
     N_("Reads the whole journal. Needs persons.key, with a key for each epoch there was; the number is compared as it "
        "is\n"
        "written in the message, and shown nowhere. First the running broker journals who looks, for whom (a keyed "
        "hash)\n"
        "and why; of a copy (--journal) there is no such record. Exit code 1 when there is no message."),
     cmd_journal_person_options, 0, 0, cmd_journal_person},
    {"journal verify", N_("prove that the journal is whole and every signature in it holds"),
     "[--authority FILE] [--quiet]",
     N_("Reads everything and believes nothing: checksums, the Merkle tree, checkpoints, every bundle's and receipt's "
        "signature,\n"
        "payloads against their digests. Exit code 1 and the first damage when something does not hold."),
     cmd_journal_verify_options, 0, 0, cmd_journal_verify},
    {"journal proof", N_("the proof that the latest checkpoint covers one record"), "--position N",
     N_("Prints a C2SP tlog-proof: index, the hashes up to the root, and the signed checkpoint. Whoever knows the\n"
        "checkpoint key verifies it without the journal, with any tool that reads transparency logs."),
     cmd_journal_proof_options, 0, 0, cmd_journal_proof},
    {"journal replay", N_("a stretch of the journal into a sandbox, masked, as new messages that cite the old ones"),
     "FROM[..TO] --into DIR [--pace recorded|Nx|max] [--type TYPE] [--sender SYSTEM] …",
     N_("Signed by the sandbox's own systems, whose broker must say that its bus is a sandbox (bus.yaml: sandbox: "
        "true). "
        "What the\n"
        "schemas mark as personal becomes somebody else's, the same for the same person. Needs the journal's key. "
        "Replies "
        "are not\n"
        "replayed: the sandbox's receivers answer. Interrupted, it says where to go on; repeated, nothing comes "
        "twice."),
     cmd_journal_replay_options, 1, 1, cmd_journal_replay},
    {"journal stats", N_("how much is in the journal: by kind, type, system and day, and refusals by code"),
     "[--since TIME] [--until TIME]", N_("Reads the whole journal and names no person, dossier or message."),
     cmd_journal_stats_options, 0, 0, cmd_journal_stats},
    {"explain", N_("what an error or a key of the configuration means"), "TOPIC",
     N_("Errors as they appear in refusals and logs: NO_ROUTE, or its number. Keys as they are written: order-by, "
        "retry.for,\n"
        "route.order-by; route, agreement, system or bus: all of their keys."),
     cli_no_options, 1, 1, cmd_explain},
    {"context list", N_("the buses you look after, by name"), "", N_("Kept in $XDG_CONFIG_HOME/truc/contexts.yaml."),
     cli_no_options, 0, 0, cmd_context_list},
    {"context add", N_("give a bus a name"), "NAME (--state DIR | --settings FILE) [--broker ENDPOINT]",
     N_("With --state every command works there. With an operator's settings file, those that ask the broker do, from "
        "any\n"
        "machine: copy the folder systems/operator there."),
     cmd_context_add_options, 1, 1, cmd_context_add},
    {"context use", N_("work on this bus where no other is named"), "CONTEXT", "", cli_no_options, 1, 1,
     cmd_context_use},
    {"context remove", N_("forget a bus's name; nothing of it is touched"), "CONTEXT", "", cli_no_options, 1, 1,
     cmd_context_remove},
    {"completion", N_("a script that completes commands, options and names in your shell"),
     "bash|zsh|systems|types|contexts",
     N_("To use it at once: source <(truc completion bash). The others print what the script asks for."),
     cli_no_options, 1, 1, cmd_completion},
    {"version", N_("the version of this program and of what it speaks"), "", "", cli_no_options, 0, 0, cmd_version},
    {"help", N_("explain a command"), "[COMMAND]", "", cli_no_options, 0, CLI_COMMAND_WORDS_MAX, cmd_help},
};
const size_t cli_commands_count = sizeof cli_commands / sizeof *cli_commands;
