"""Athena projects: the Perl that they are written in, and the names of their parameters."""
