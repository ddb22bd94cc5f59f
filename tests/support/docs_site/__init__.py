"""The documentation as a site: its pages as Markdown, and what is wrong with the built ones."""
