"""Numbers of docs/protocol.md and docs/errors.md that a client acts on.
Not the whole list: a client shows other numbers as they are, with the broker's text.
Used by every other file here.
"""
LIMIT, TIMEOUT = 3, 8
PROTOCOL, VERSION, UNKNOWN_KEY, NOT_SENDER, SUSPENDED, CREDIT, FENCED, WRONG_BUS, TOO_LARGE, SESSION = range(20, 30)
SIGNATURE, SIGNING_KEY, HEADER, SECRET, UNKNOWN_TYPE, PAYLOAD, DIGEST, NO_ROUTE, NO_AGREEMENT = range(40, 49)
AGREEMENT_LAPSED, PURPOSE, RATE, EXPIRED, FUTURE, CONFLICT, TOO_OLD, AMBIGUOUS, NO_REQUEST = range(49, 58)
REPLY_FIELDS, BLOCKED, SHUTTING_DOWN = range(58, 61)
DEADLINE, REJECTED, RETRIES, NO_MATCH, HANDLER, NOT_SERVED = range(70, 76)

EVENT, COMMAND, REQUEST, REPLY = range(1, 5)  # Header.kind
DONE, RETRY, REJECT = range(1, 4)             # Settlement.outcome
NOT_SECRET = 1                                # Header.classification
