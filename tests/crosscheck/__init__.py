"""Other people's validators on our payloads: `make crosscheck` says where they disagree."""
