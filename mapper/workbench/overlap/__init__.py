"""Events of a tag and of a server side by side: which both report, which are counted twice, what differs.

`sides` reads both, `record` makes an event a few digests, `pairing` finds its partner, `tally` counts and
`verdict` says whether the tag can go.
"""
