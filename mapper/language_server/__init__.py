"""`mapper lsp`: what editors ask over the language server protocol, answered by the front door."""
