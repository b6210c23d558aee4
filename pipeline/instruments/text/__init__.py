"""Text tables of any maker: encoding, delimiter, decimal sign, header, units."""
