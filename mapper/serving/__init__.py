"""HTTP requests -> an outbox: what `mapper serve` runs. Prints nothing, and starts nothing when imported.

An event passes these in order, and `application` calls all after it:

server              a socket that listens; each connection is one of `http1`
http1               bytes -> a request, handed to `Application.begin`
application         a request -> its answer: checked and split by `mapper.intake.receive`, mapped, committed
bodies              a request's body, bounded, decompressed
mapping_processes   events -> payloads, in processes of their own
commits             many requests -> one transaction of the outbox; only then are they answered
"""
