"""Scienta Omicron: text files of SES."""
