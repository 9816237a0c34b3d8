/* citizen_registry.c - a complete adapter: answers citizen.verify from an SQLite table.
 * Not the national database: whoever has a registry of their own starts from here.
 * Run: citizen_registry --settings FILE, with citizens.db in the working directory. */
#include <sqlite3.h>
#include <stdio.h>
#include <truc/population/v1/population.pb-c.h>
#include <truc/protobuf.h>

/* 1 there is such a person, 0 there is not, -1 the database can't tell. */
static int find(sqlite3 *database, const Truc__Population__V1__CitizenVerify *query)
{
    static const char text[] = "SELECT 1 FROM citizen WHERE identity_number = ? AND name = ? AND birth = ?";
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(database, text, -1, &statement, NULL) != SQLITE_OK)
        return -1;
    int wrong = sqlite3_bind_text(statement, 1, query->identity_number, -1, SQLITE_STATIC) |
                sqlite3_bind_text(statement, 2, query->name, -1, SQLITE_STATIC) |
                sqlite3_bind_text(statement, 3, query->birth, -1, SQLITE_STATIC);
    int result = wrong ? SQLITE_ERROR : sqlite3_step(statement);
    sqlite3_finalize(statement);
    return result == SQLITE_ROW ? 1 : result == SQLITE_DONE ? 0 : -1;
}

static int verify(truc_request *request, void *database)
{
    ProtobufCMessage *message = truc_decode(request, &truc__population__v1__citizen_verify__descriptor);
    Truc__Population__V1__CitizenVerify *query = (Truc__Population__V1__CitizenVerify *)message;
    if (query == NULL || query->identity_case != TRUC__POPULATION__V1__CITIZEN_VERIFY__IDENTITY_IDENTITY_NUMBER) {
        if (message)
            protobuf_c_message_free_unpacked(message, NULL);
        return truc_reject(request, TRUC_E_PAYLOAD, NULL, "an identity number is needed");
    }
    int found = find(database, query);
    protobuf_c_message_free_unpacked(message, NULL);
    if (found < 0) /* an outage is never "not found" */
        return truc_retry(request, TRUC_E_UNAVAILABLE, sqlite3_errmsg(database));
    Truc__Population__V1__CitizenVerifyReply reply = TRUC__POPULATION__V1__CITIZEN_VERIFY_REPLY__INIT;
    reply.exists = found;
    return truc_reply(request, &reply.base);
}

int main(int argc, char **argv)
{
    truc_adapter *adapter = truc_adapter_open_args(argc, argv);
    sqlite3 *database;
    if (sqlite3_open_v2("citizens.db", &database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        fprintf(stderr, "citizens.db: %s\n", sqlite3_errmsg(database));
        return 2;
    }
    truc_serve(adapter, "citizen.verify", verify, database);
    int status = truc_run(adapter); /* reconnects, resumes, drains on SIGTERM */
    truc_adapter_close(adapter);
    sqlite3_close(database);
    return status;
}
