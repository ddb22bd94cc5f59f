"""HTTP requests of senders -> the source events in them, checked by what `intake.yaml` says of each sender.

Pure: no sockets, no clock, no environment. `mapper.serving` runs it.
"""
