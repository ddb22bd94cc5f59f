"""The one registry of transforms and normal forms."""
