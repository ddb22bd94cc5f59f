"""HTTP requests -> an outbox: what `mapper serve` runs. Prints nothing, and starts nothing when imported.

A `server` has processes that serve (`serving_processes` -> `serving_process`), on one port. In one of them an
event passes these in order, and `application` calls all after it:

http1               bytes -> a request, handed to `Application.begin`
application         a request -> its answer: checked and split by `mapper.intake.receive`, mapped, committed
bodies              a request's body, bounded, decompressed
mapping_processes   events of large requests -> payloads, in processes of their own
commits             many requests -> one transaction of the outbox; only then are they answered
"""
