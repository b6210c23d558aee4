"""A sweep -> one direction of it, without its rest, on the Na/Na+ scale."""
