"""The mappings of a folder, or of a version of it in git: which there are, who owns them, what each names."""
