"""HTTP requests -> an outbox: what `mapper serve` runs. Prints nothing, and starts nothing when imported.

connections   who may be connected, and how slow a client may be
bodies        a request's body, bounded, decompressed
application   a request -> its answer: checked, split, mapped, committed
mapping       the processes that map
commits       many requests, one transaction
"""
