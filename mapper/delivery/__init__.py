"""After: payloads delivered in batches, each to its final end.

couriers         an outbox -> a courier for each of its accounts
courier          one account: claims the payloads whose time has come, sends and settles them
carriage         claimed chunks -> requests, in smaller parts where one fails
sender           one request in its turn; whether a one-shot delivery gives up
answer           a response -> whether each payload is delivered, refused or to be tried again
retry_decision   whether such a payload is tried again, and when
pace             when the next request of an account may go: backoff, `Retry-After`
"""
