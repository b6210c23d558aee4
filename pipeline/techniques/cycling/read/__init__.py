"""A tester's export of any known maker -> the steps of its test."""
