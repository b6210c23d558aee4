"""A spectrum -> corrected, its bad points masked, tested by Kramers and Kronig."""
