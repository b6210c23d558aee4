"""Which arc is crystalline bulk, amorphous region or interface, on which evidence."""
